import { KeyquorumError } from "@keyquorum/wire";
import { createEgress, type EgressOptions } from "./host/createEgress.ts";
import type { LoadedModule } from "./loadModule.ts";
import type { Manifest, WantedSecret } from "./manifest/manifest.ts";
import type { Runner } from "./run/createRunner.ts";
import { checkInputs, type Named } from "./run/inputs.ts";
import { limitsWith } from "./run/limits.ts";
import type { RunResult } from "./run/oneRun.ts";

/** What is run, and how. */
export type RunOptions = {
  readonly runner: Runner;
  readonly manifest: Manifest;
  readonly module: LoadedModule;
  readonly stdin?: Uint8Array;
  /** The operator's word on the module's way out: hosts of a private network, caps of a request. Where to, the manifest says. */
  readonly egress?: Pick<EgressOptions, "privateHosts" | "caps">;
  readonly signal?: AbortSignal;
};

/**
 * Gets a secret's value: it is zeroed when the module has it. `signal` aborts when the run is over, `patienceMs` is what is left of its time.
 * What it throws ends the run before it began; of a secret that the module opens, it becomes a number for the module.
 */
export type GetSecret = (wanted: WantedSecret, about: { readonly signal: AbortSignal; readonly patienceMs: number }) => Promise<Uint8Array>;

/**
 * The steps of every run: checks names and limits, starts a process that compiles while secrets are got, all of it side by side, hands them over, waits for the end.
 * No process stays, however it ends. Throws INVALID_VALUE, MODULE_REFUSED, RUN_FAILED, the signal's reason, and what `getSecret` throws.
 */
export const runWithSecrets = async (options: RunOptions, getSecret: GetSecret): Promise<RunResult> => {
  const { runner, manifest, module, stdin = new Uint8Array(0), signal } = options;
  const limits = limitsWith(manifest.limits);
  const { permissions, secrets } = manifest;
  const egress = permissions.length === 0 ? {} : { egress: createEgress({ ...options.egress, permissions }) };
  const none = async (): Promise<Uint8Array> => new Uint8Array(0);
  checkInputs({ stdin, ...inputsOf(manifest, () => new Uint8Array(0)), openSecret: none }, limits); // names that cannot be, before anything is asked for

  const startedAt = performance.now();
  signal?.throwIfAborted();
  const own = { limits, args: ["module", ...manifest.args] };
  runner.check(module.checked, own); // before anything is asked for
  const starting = runner.start(module.checked, own);
  const [stopping, over] = [new AbortController(), new AbortController()];
  const cancel = (): void => void starting.then((started) => started.cancel()).catch(() => undefined);
  const onAbort = (): void => {
    stopping.abort(signal?.reason);
    cancel();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  starting.then(
    (started) => (started.signal.aborted ? over.abort() : started.signal.addEventListener("abort", () => over.abort(), { once: true })),
    (error: unknown) => over.abort(error),
  );
  const get = (wanted: WantedSecret, also: AbortSignal): Promise<Uint8Array> =>
    getSecret(wanted, { signal: also, patienceMs: limits.wallMs - (performance.now() - startedAt) });
  try {
    const ahead = secrets.filter(({ delivery }) => delivery.as !== "open");
    const asking = AbortSignal.any([stopping.signal, over.signal]);
    const got = await allOrNone(ahead.map(async (wanted) => [wanted.name, await get(wanted, asking)] as const)).catch(
      async (error: unknown) => {
        const { signal: ended } = await starting; // where no process could be started, that is the reason
        if (ended.aborted && !stopping.signal.aborted) return []; // the run was over first: its outcome says why
        throw error;
      },
    );
    const values = new Map(got);
    const started = await starting.catch((error: unknown) => {
      for (const value of values.values()) value.fill(0);
      throw error;
    });
    return await started.give({
      ...{ stdin, ...inputsOf(manifest, (name) => values.get(name)), ...egress },
      openSecret: async (name, calling) => {
        const wanted = secrets.find((secret) => secret.delivery.as === "open" && secret.name === name);
        if (wanted === undefined) throw new KeyquorumError("ACCESS_DENIED");
        return get(wanted, calling);
      },
    });
  } finally {
    stopping.abort();
    cancel();
    signal?.removeEventListener("abort", onAbort);
  }
};

/** What a run gets of each secret, by the manifest; `find` has those that are there. */
const inputsOf = ({ secrets }: Manifest, find: (name: string) => Uint8Array | undefined) => {
  const named = (as: "env" | "file"): Named[] =>
    secrets.flatMap(({ name, delivery }) => {
      const value = find(name);
      if (delivery.as === "open" || delivery.as !== as || value === undefined) return [];
      return [{ name: delivery.as === "env" ? delivery.variable : delivery.path, value }];
    });
  const open = secrets.filter(({ delivery }) => delivery.as === "open").map(({ name }) => name);
  return { env: named("env"), secretFiles: named("file"), open };
};

/** Waits for all; where one fails, the values of the others are zeroed and its error is thrown. */
const allOrNone = async (
  promises: readonly Promise<readonly [string, Uint8Array]>[],
): Promise<readonly (readonly [string, Uint8Array])[]> => {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed === undefined) return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  for (const one of settled) if (one.status === "fulfilled") one.value[1].fill(0);
  throw failed.reason;
};
