import { createHash } from "node:crypto";
import { type Address, type Hash32, KeyquorumError, type ModuleContext, parseHash32, type RunRecordBody } from "@keyquorum/wire";
import { createEgress } from "./host/createEgress.ts";
import type { Manifest, WantedSecret } from "./manifest/manifest.ts";
import { makeRunRecord, type RunSigner } from "./record/makeRunRecord.ts";
import { checkModule, type Runner } from "./run/createRunner.ts";
import { checkInputs, type Named } from "./run/inputs.ts";
import { limitsWith } from "./run/limits.ts";
import type { RunResult } from "./run/oneRun.ts";
import { type FetchedSecret, fetchSecret, type SecretSource } from "./secrets/fetchSecret.ts";

/** Who runs: an account that the keepers know, and the chain that says who may have what. */
export type RunIdentity = {
  readonly client: SecretSource;
  readonly signer: RunSigner;
  readonly runner: Address;
  readonly chainId: bigint;
  readonly shareRequests: Address;
};

export type ModuleRunOptions = {
  readonly runner: Runner;
  readonly identity: RunIdentity;
  readonly manifest: Manifest;
  /** The module as it was found. */
  readonly bytes: Uint8Array;
  readonly stdin?: Uint8Array;
  /** `host:port` of a private network that the module may ask, where its permissions lead there: the operator's word. */
  readonly privateHosts?: readonly string[];
  readonly signal?: AbortSignal;
  readonly now?: () => number;
};

export type FinishedRun = { readonly result: RunResult; readonly record: RunRecordBody };

/** The SHA-256 by which grants name a module. Throws MODULE_MISMATCH where it is not what was wanted: before any secret is asked for. */
export const checkModuleHash = (bytes: Uint8Array, wanted: Hash32 | undefined): Hash32 => {
  const hash = parseHash32(`0x${createHash("sha256").update(bytes).digest("hex")}`);
  if (wanted === undefined || wanted === hash) return hash;
  throw new KeyquorumError("MODULE_MISMATCH", `The module's SHA-256 is ${hash}, and ${wanted} was wanted.`);
};

/**
 * Runs a module once: asks the keepers for its secrets as this runner for this module while it is being compiled, hands them over in memory, and says what
 * happened, signed. Throws before the module has run: MODULE_INVALID, MODULE_REFUSED, MODULE_MISMATCH, INVALID_MANIFEST, INVALID_VALUE, RUN_FAILED, and what
 * `fetchSecret` throws. How a run that began ends is its outcome.
 */
export const runModule = async (options: ModuleRunOptions): Promise<FinishedRun> => {
  const { runner, identity, manifest, bytes, stdin = new Uint8Array(0), privateHosts = [], signal, now = Date.now } = options;
  const module = checkModuleHash(bytes, manifest.module.hash);
  const checked = checkModule(bytes);
  const limits = limitsWith(manifest.limits);
  const context: ModuleContext = { chainId: identity.chainId, module, runner: identity.runner };
  const egress = manifest.permissions.length === 0 ? {} : { egress: createEgress({ permissions: manifest.permissions, privateHosts }) };

  const none = async (): Promise<Uint8Array> => new Uint8Array(0);
  checkInputs({ stdin, ...inputsOf(manifest, () => new Uint8Array(0)), openSecret: none }, limits); // names that cannot be, before anything is asked for

  const startedAt = now();
  const started = await runner.start(checked, { limits, args: ["module", ...manifest.args] });
  const stopping = new AbortController();
  const onAbort = (): void => {
    stopping.abort(signal?.reason);
    started.cancel();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  const fetched: FetchedSecret[] = [];
  const fetch = async (wanted: WantedSecret, also: AbortSignal): Promise<FetchedSecret> => {
    const patienceMs = limits.wallMs - (now() - startedAt);
    const secret = await fetchSecret(wanted, { client: identity.client, context, signal: also, patienceMs });
    fetched.push({ ...secret, value: new Uint8Array(0) });
    return secret;
  };
  try {
    signal?.throwIfAborted();
    const ahead = manifest.secrets.filter(({ delivery }) => delivery.as !== "open");
    const lazy = manifest.secrets.filter(({ delivery }) => delivery.as === "open");
    const asking = AbortSignal.any([stopping.signal, started.signal]);
    const secrets = await allOrNone(ahead.map(async (wanted) => ({ wanted, ...(await fetch(wanted, asking)) }))).catch((error: unknown) => {
      if (started.signal.aborted && !stopping.signal.aborted) return []; // the run was over first: its outcome says why
      throw error;
    });
    const values = new Map(secrets.map(({ wanted, value }) => [wanted.name, value]));
    const result = await started.give({
      ...{ stdin, ...inputsOf(manifest, (name) => values.get(name)), ...egress },
      openSecret: async (name, calling) => {
        const wanted = lazy.find((secret) => secret.name === name);
        if (wanted === undefined) throw new KeyquorumError("ACCESS_DENIED");
        return (await fetch(wanted, calling)).value;
      },
    });
    const facts = { ...identity, module, cid: manifest.module.cid, secrets: fetched, limits, stdin, result, startedAt, endedAt: now() };
    return { result, record: await makeRunRecord(facts, identity.signer) };
  } finally {
    stopping.abort();
    started.cancel();
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
const allOrNone = async <T extends { readonly value: Uint8Array }>(promises: readonly Promise<T>[]): Promise<readonly T[]> => {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed === undefined) return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  for (const one of settled) if (one.status === "fulfilled") one.value.value.fill(0);
  throw failed.reason;
};
