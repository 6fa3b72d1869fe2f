import type { RunResult } from "./run/oneRun.ts";
import { type RunOptions, runWithSecrets } from "./runWithSecrets.ts";

/**
 * Runs a module without chain and keepers, for development: the same process, the same limits, with values that are given. `values` by the secrets' names;
 * they are zeroed. Throws as `runModule` does, but for what keepers say.
 */
export const runLocally = async ({
  values,
  ...options
}: RunOptions & { readonly values: ReadonlyMap<string, Uint8Array> }): Promise<RunResult> => {
  try {
    return await runWithSecrets(options, async ({ name }) => Uint8Array.from(values.get(name) ?? []));
  } finally {
    for (const value of values.values()) value.fill(0);
  }
};
