import { randomBytes } from "node:crypto";
import { type Address, type Hash32, KeyquorumError, type ModuleContext, parseHash32, type RunRecordBody } from "@keyquorum/wire";
import { makeRunRecord, type RecordedSecret, type RunSigner } from "./record/makeRunRecord.ts";
import { limitsWith } from "./run/limits.ts";
import type { RunResult } from "./run/oneRun.ts";
import { type RunOptions, runWithSecrets } from "./runWithSecrets.ts";
import { type FetchedSecret, fetchSecret, type SecretSource } from "./secrets/fetchSecret.ts";

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
 * its outcome. RUN_INTERRUPTED: it is over, and the chain did not say what its record needs.
 */
export const runModule = async (options: ModuleRunOptions): Promise<FinishedRun> => {
  const { identity, manifest, module, stdin = new Uint8Array(0), now = Date.now } = options;
  const run = options.run ?? parseHash32(`0x${randomBytes(32).toString("hex")}`);
  const context: ModuleContext = { chainId: identity.chainId, module: module.hash, runner: identity.runner };
  const [asked, given]: [Promise<FetchedSecret>[], Omit<FetchedSecret, "value">[]] = [[], []];
  const startedAt = now();
  const result = await runWithSecrets(options, async (wanted, about) => {
    const fetching = fetchSecret(wanted, { client: identity.client, context, run, cancelled: options.signal, ...about });
    asked.push(fetching);
    const { value, ...secret } = await fetching;
    given.push(secret);
    return value;
  });
  const endedAt = now();
  await Promise.allSettled(asked); // what keepers gave while the run was ended is in its record
  const secrets = await recorded(given);
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
  return { result, record: await makeRunRecord({ ...facts, startedAt, endedAt }, identity.signer) };
};

/** The receipts of each secret, which were made ready beside the run. Throws RUN_INTERRUPTED: the module has run, and may have had effects. */
const recorded = async (given: readonly Omit<FetchedSecret, "value">[]): Promise<readonly RecordedSecret[]> => {
  try {
    return await Promise.all(given.map(async ({ receipts, ...secret }) => ({ ...secret, receipts: await receipts })));
  } catch (cause) {
    throw new KeyquorumError("RUN_INTERRUPTED", "The run is over, but there is no record: the chain did not say who the keepers are.", {
      cause,
    });
  }
};
