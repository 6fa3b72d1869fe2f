import type { HandOverOptions } from "../epoch/handOver.ts";
import type { CommonArguments } from "../options.ts";
import { parseCount } from "../parse.ts";

/** What every command that reshares keys takes. */
export type ReshareArguments = CommonArguments & {
  readonly threshold: string | undefined;
  readonly atOnce: number;
  readonly retries: number;
};

/** Reads them. Throws UsageError. */
export const parseReshareOptions = ({ threshold, atOnce, retries }: ReshareArguments): HandOverOptions => ({
  threshold: threshold === undefined ? undefined : parseCount("--threshold", threshold, 1),
  atOnce: parseCount("--at-once", atOnce ?? 1, 1),
  retries: parseCount("--retries", retries ?? 0, 0),
});
