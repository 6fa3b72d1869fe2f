import { createEgress } from "./host/createEgress.ts";
import type { Manifest } from "./manifest/manifest.ts";
import { checkModuleHash } from "./moduleRun.ts";
import { checkModule, type Runner } from "./run/createRunner.ts";
import { limitsWith } from "./run/limits.ts";
import type { RunResult } from "./run/oneRun.ts";

/**
 * Runs a module without chain and keepers, for development: the same process, the same limits, with values that are given. `values` by the secrets' names;
 * they are zeroed. Throws as `runModule` does, but for what keepers say.
 */
export const runLocally = async (options: {
  readonly runner: Runner;
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
  readonly values: ReadonlyMap<string, Uint8Array>;
  readonly stdin?: Uint8Array;
  readonly privateHosts?: readonly string[];
  readonly signal?: AbortSignal;
}): Promise<RunResult> => {
  const { runner, manifest, bytes, values, stdin = new Uint8Array(0), privateHosts = [], signal } = options;
  checkModuleHash(bytes, manifest.module.hash);
  const checked = checkModule(bytes);
  const egress = manifest.permissions.length === 0 ? {} : { egress: createEgress({ permissions: manifest.permissions, privateHosts }) };
  signal?.throwIfAborted();
  const started = await runner.start(checked, { limits: limitsWith(manifest.limits), args: ["module", ...manifest.args] });
  const onAbort = (): void => started.cancel();
  signal?.addEventListener("abort", onAbort, { once: true });
  const copyOf = (name: string): Uint8Array => Uint8Array.from(values.get(name) ?? []);
  try {
    return await started.give({
      stdin,
      env: manifest.secrets.flatMap(({ name, delivery }) =>
        delivery.as === "env" ? [{ name: delivery.variable, value: copyOf(name) }] : [],
      ),
      secretFiles: manifest.secrets.flatMap(({ name, delivery }) =>
        delivery.as === "file" ? [{ name: delivery.path, value: copyOf(name) }] : [],
      ),
      open: manifest.secrets.flatMap(({ name, delivery }) => (delivery.as === "open" ? [name] : [])),
      openSecret: async (name) => copyOf(name),
      ...egress,
    });
  } finally {
    for (const value of values.values()) value.fill(0);
    started.cancel();
    signal?.removeEventListener("abort", onAbort);
  }
};
