import { randomBytes } from "node:crypto";
import { type Address, type Hash32, type ModuleContext, parseHash32, type RunRecordBody } from "@keyquorum/wire";
import { makeRunRecord, type RecordedSecret, type RunSigner } from "./record/makeRunRecord.ts";
import { limitsWith } from "./run/limits.ts";
import type { RunResult } from "./run/oneRun.ts";
import { type RunOptions, runWithSecrets } from "./runWithSecrets.ts";
import { fetchSecret, type SecretSource } from "./secrets/fetchSecret.ts";

/** Who runs: an account that the keepers know, and the chain that says who may have what. */
export type RunIdentity = {
  readonly client: SecretSource;
  readonly signer: RunSigner;
  readonly runner: Address;
  readonly chainId: bigint;
  readonly shareRequests: Address;
};

export type ModuleRunOptions = RunOptions & {
  readonly identity: RunIdentity;
  /** The run's id, which receipts prove. Default: random. Never used for two runs. */
  readonly run?: Hash32;
  readonly now?: () => number;
};

export type FinishedRun = { readonly result: RunResult; readonly record: RunRecordBody };

/**
 * Runs a module once: asks the keepers for its secrets as this runner for this module while it is being compiled, hands them over in memory, and says what
 * happened, signed. Throws before the module has run: MODULE_REFUSED, INVALID_VALUE, RUN_FAILED, and what `fetchSecret` throws. How a run that began ends is
 * its outcome.
 */
export const runModule = async (options: ModuleRunOptions): Promise<FinishedRun> => {
  const { identity, manifest, module, stdin = new Uint8Array(0), now = Date.now } = options;
  const run = options.run ?? parseHash32(`0x${randomBytes(32).toString("hex")}`);
  const context: ModuleContext = { chainId: identity.chainId, module: module.hash, runner: identity.runner };
  const secrets: RecordedSecret[] = [];
  const startedAt = now();
  const result = await runWithSecrets(options, async (wanted, about) => {
    const { value, ...recorded } = await fetchSecret(wanted, { client: identity.client, context, run, ...about });
    secrets.push(recorded);
    return value;
  });
  const facts = {
    ...identity,
    run,
    module: module.hash,
    cid: manifest.module.cid,
    secrets,
    limits: limitsWith(manifest.limits),
    stdin,
    result,
  };
  return { result, record: await makeRunRecord({ ...facts, startedAt, endedAt: now() }, identity.signer) };
};
