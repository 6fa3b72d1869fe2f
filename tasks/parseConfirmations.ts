import type { Finality } from "@keyquorum/chain";
import { parseCount } from "./parse.ts";
import { UsageError } from "./usageError.ts";

/** As many as a keeper's configuration and the deployment file take. */
const MAX_CONFIRMATIONS = 10_000;

/** What --confirmations says; undefined where it is not given. Throws UsageError. */
export const parseConfirmations = (confirmations: string | undefined): Finality | undefined => {
  if (confirmations === undefined) return undefined;
  const blocks = parseCount("--confirmations", confirmations, 0);
  if (blocks > MAX_CONFIRMATIONS) throw new UsageError(`--confirmations is at most ${MAX_CONFIRMATIONS}.`);
  return { kind: "confirmations", blocks };
};
