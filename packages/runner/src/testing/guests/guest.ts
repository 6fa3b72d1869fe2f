import type { RunInputs } from "../../run/inputs.ts";
import type { RunLimits } from "../../run/limits.ts";

/** What must happen: the validator's code, or how the run ends. */
export type Expected =
  | { readonly refusal: "MODULE_INVALID" | "MODULE_REFUSED"; readonly says?: string }
  | {
      readonly ends: "exited" | "trapped" | "refused" | "aborted";
      readonly exitCode?: number;
      readonly stdout?: string;
      readonly stderr?: string;
    }
  | { readonly limit: "cpu" | "wall" | "memory" | "stdout" | "stderr" | "hostCalls" };

/** One module of the corpus. */
export type Guest = {
  readonly group: "time" | "memory" | "compilation" | "output" | "imports" | "pointers" | "secrets" | "paths" | "http" | "binary" | "fuel";
  readonly name: string;
  /** WAT, or bytes. */
  readonly module: string | (() => Uint8Array | Promise<Uint8Array>);
  readonly limits?: Partial<RunLimits>;
  /** Made anew for each run: values are zeroed. */
  readonly inputs?: () => RunInputs;
  /** One of them must happen. */
  readonly expected: readonly Expected[];
  /** A module just below a limit, which has to do its work. */
  readonly isTwin?: boolean;
  /** Left to `npm run test:guests`. */
  readonly isLong?: boolean;
};

export const exited = (exitCode = 0, more: { readonly stdout?: string; readonly stderr?: string } = {}): readonly Expected[] => [
  { ends: "exited", exitCode, ...more },
];
export const trapped = (exitCode: number): readonly Expected[] => [{ ends: "trapped", exitCode }];
export const stopped = (limit: Extract<Expected, { limit: string }>["limit"]): readonly Expected[] => [{ limit }];
export const refused = (says?: string): readonly Expected[] => [{ refusal: "MODULE_REFUSED", ...(says === undefined ? {} : { says }) }];
