import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contracts, connectContracts, type Deployment, encodeDeployment } from "@keyquorum/bindings";
import { deployContracts } from "@keyquorum/bindings/deploy";
import type { KeyId } from "@keyquorum/wire";
import { hexlify } from "ethers";
import { type ClusterEpochs, createClusterEpochs, type OtherMember } from "./clusterEpochs.ts";
import { type ClusterKeeper, initialiseKeeper, type PreparedKeeper, resumeKeeper } from "./clusterKeeper.ts";
import type { ClusterStep } from "./clusterStep.ts";
import type { LocalChain } from "./localChain.ts";
import { admitKeeper, fundKeeper, giveCoin, moveKeeper } from "./membership.ts";
import { mineAtOnce } from "./mineAtOnce.ts";
import { type Patience, stretchMilliseconds, stretchWindows, type Windows } from "./patience.ts";
import { mineRestOf, phaseOf } from "./phase.ts";
import { describeKeyFailure, type NamedKeeper } from "./sessionFailure.ts";
import { DEFAULT_WAIT_BLOCKS, waitFor } from "./waitFor.ts";

export type Cluster = ClusterEpochs & {
  readonly chain: LocalChain;
  readonly deployment: Deployment;
  readonly contracts: Contracts;
  readonly deploymentFile: string;
  /** By ascending slot; those that were added later too. */
  readonly keepers: readonly ClusterKeeper[];
  /** The keeper at a slot. */
  readonly keeper: (slot: number) => ClusterKeeper;
  /** Prepares, starts, funds and admits further keepers. They are members from the next epoch on. */
  readonly addKeepers: (count: number) => Promise<readonly ClusterKeeper[]>;
  /** Asks for a key and waits until its session is active or failed. */
  readonly generateKey: (options: {
    readonly threshold: number;
    readonly purpose?: number;
    readonly blocks?: number;
    /** Told the session's id as soon as it is there. */
    readonly onSession?: (sid: string) => void;
  }) => Promise<GeneratedKey>;
  readonly stop: () => Promise<void>;
};

export type GeneratedKey = {
  readonly keyId: KeyId;
  readonly sid: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Why it failed: which keeper did not do what, by name, and where its log is. Empty when it did not fail. */
  readonly failure: string;
};

/** Registers further members from slot `first` on, and returns them. */
export type AdmitOthers = (context: {
  readonly chain: LocalChain;
  readonly deployment: Deployment;
  readonly contracts: Contracts;
  readonly first: number;
}) => Promise<readonly OtherMember[]>;

export type ClusterOptions = {
  readonly chain: LocalChain;
  /** An empty folder: each keeper gets its own in it. */
  readonly directory: string;
  readonly keepers: number;
  /** In blocks. Default: DEFAULT_WINDOWS. */
  readonly windows?: Windows;
  /** How many times slower than an idle machine this one is taken to be: windows and waits are made longer by it. Default 1. */
  readonly patience?: Patience;
  readonly requestLifetimeSeconds?: number;
  /** How long an optimistic answer can be proved wrong. Default 60, the least that the contract takes. */
  readonly challengeWindowSeconds?: number;
  readonly confirmations?: number;
  /** How old the newest block may be for a keeper to answer. Default 60. */
  readonly maxHeadAgeSeconds?: number;
  /** How long readers' requests share a look at the newest block. Default 0: a grant is seen by the next request. Keepers have 250 by default. */
  readonly headLookMilliseconds?: number;
  /** Extensions by slot, as a keeper's configuration names them; or a function, where they name contracts of the deployment. */
  readonly extensions?: Readonly<Record<number, readonly unknown[]>> | ((slot: number, deployment: Deployment) => readonly unknown[]);
  /** Settings of every keeper's `[limits]`. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** Registers members without a keeper process behind the keepers, before the first epoch: somebody else plays them, or they stay absent. */
  readonly admitOthers?: AdmitOthers;
  /**
   * While it starts, each transaction is mined at once, and accounts get their coin from the node, which must be this cluster's own. Default: false.
   */
  readonly isHurried?: boolean;
  /**
   * In sessions that it waits for (`generateKey`, `reshare`, `untilReshare`, `handOver`) blocks that nobody needs are mined at once: those of DISPUTE, and
   * those of DEAL when only the silent are left. Default: false.
   */
  readonly skipsDispute?: boolean;
  /** A cluster that stood on this chain before: its keepers' folders are in `directory`. They are started with new ports, and nothing is deployed. */
  readonly resumed?: Deployment;
  readonly onStep?: (step: ClusterStep) => void;
  /** The RPC URL of a keeper, to put a proxy before it. */
  readonly rpcUrlOf?: (slot: number) => string | Promise<string>;
  /** The endpoint to register for a keeper that listens on `port`, to put a proxy before it. */
  readonly endpointOf?: (slot: number, port: number) => Promise<string>;
};

/** In blocks: short, for a chain with a block every 250 ms. */
export const DEFAULT_WINDOWS: Windows = { deal: 40, dispute: 8, finalize: 40, ready: 40 };

/** PROTOCOL section 3: SessionStatus.Disputing, Active and Failed. */
const [DISPUTING, ACTIVE, FAILED] = [2, 6, 8];

/** Deploys, starts one real keeper process per keeper with its own folder, configuration and account, registers them and opens epoch 1. */
export const startCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const { chain, directory, patience = 1, isHurried = false, skipsDispute = false, onStep = () => {} } = options;
  const governance = chain.account(0);
  const hurried = <T>(work: () => Promise<T>): Promise<T> => (isHurried ? mineAtOnce(chain, work) : work());
  const windows = stretchWindows(options.windows ?? DEFAULT_WINDOWS, patience);
  const deploy = (): Promise<Deployment> =>
    deployContracts(governance, {
      minEpochDelay: 0,
      windows,
      requestLifetime: options.requestLifetimeSeconds ?? 120,
      challengeWindow: options.challengeWindowSeconds ?? 60,
      openKeyRequests: true,
      onStep: (step) => onStep({ kind: "deployed", ...step }),
    });
  const deployment = options.resumed ?? (await hurried(deploy));
  await mkdir(directory, { recursive: true });
  const deploymentFile = join(directory, "deployment.json");
  await writeFile(deploymentFile, JSON.stringify(encodeDeployment(deployment), null, 2));
  const contracts = connectContracts(deployment, governance);

  const { extensions = {} } = options;
  const extensionsAt = (slot: number): readonly unknown[] =>
    typeof extensions === "function" ? extensions(slot, deployment) : (extensions[slot] ?? []);
  const keepers: PreparedKeeper[] = [];
  const others: OtherMember[] = [];
  const startKeepers = async (slots: readonly number[], isResumed = false): Promise<readonly PreparedKeeper[]> => {
    const prepared = await Promise.all(
      slots.map(async (slot) =>
        (isResumed ? resumeKeeper : initialiseKeeper)({
          slot,
          chain,
          directory: join(directory, `keeper-${slot}`),
          deploymentFile,
          rpcUrl: (await options.rpcUrlOf?.(slot)) ?? chain.rpcUrl,
          confirmations: options.confirmations ?? 0,
          maxHeadAgeSeconds: options.maxHeadAgeSeconds ?? 60,
          headLookMilliseconds: options.headLookMilliseconds ?? 0,
          extensions: extensionsAt(slot),
          limits: options.limits ?? {},
          startMilliseconds: stretchMilliseconds(180_000, patience),
        }),
      ),
    );
    keepers.push(...prepared);
    if (isHurried) await Promise.all(prepared.map((keeper) => giveCoin(keeper, chain)));
    else for (const keeper of prepared) await fundKeeper(keeper, governance);
    const endpoints = await Promise.all(prepared.map(async ({ slot, port, url }) => (await options.endpointOf?.(slot, port)) ?? url));
    // Before it starts: from then on the account's nonces are the keeper's.
    if (isResumed) await Promise.all(prepared.map((keeper, index) => moveKeeper(keeper, { contracts, endpoint: endpoints[index] ?? "" })));
    await Promise.all(prepared.map(({ start }) => start()));
    for (const { slot, name, operator, url, process } of prepared)
      onStep({ kind: "keeperStarted", slot, name, operator, url, pid: process().pid });
    for (const [index, keeper] of (isResumed ? [] : prepared).entries()) {
      const gasUsed = await admitKeeper(keeper, { contracts, endpoint: endpoints[index] ?? "" });
      onStep({ kind: "registered", slot: keeper.slot, name: keeper.name, gasUsed });
    }
    return prepared;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(keepers.map(async ({ started }) => started()?.stop()));
  };
  /** A session that runs out of time ends by itself, and says why: waits are longer than all its windows. */
  const sessionBlocks = Math.max(DEFAULT_WAIT_BLOCKS, (await lengthOfSession(contracts)) + 50);
  const named = (): readonly NamedKeeper[] =>
    keepers.map(({ slot, name, logFile, started }) => {
      const process = started();
      return { slot, name, logFile, lastWords: process?.logs.at(-1)?.msg, isRunning: process?.isRunning() ?? false };
    });
  const epochs = createClusterEpochs({ sessionBlocks, skipsDispute, chain, contracts, keepers, named, others, onStep });
  const open = async (): Promise<void> => {
    const slots = Array.from({ length: options.keepers }, (_, index) => index + 1);
    await startKeepers(slots, options.resumed !== undefined);
    if (options.resumed !== undefined) return;
    others.push(...((await options.admitOthers?.({ chain, deployment, contracts, first: options.keepers + 1 })) ?? []));
    await epochs.openEpoch();
  };
  try {
    await hurried(open);
  } catch (error) {
    await stop();
    throw error;
  }

  const generateKey: Cluster["generateKey"] = async ({ threshold, purpose = 0, blocks = sessionBlocks, onSession = () => {} }) => {
    const started = Date.now();
    const salt = hexlify(randomBytes(32));
    const keyId = await contracts.keyGeneration.keyIdOf(await governance.getAddress(), salt);
    await (await contracts.keyGeneration.requestKey(purpose, threshold, salt)).wait();
    const { session: sid } = await contracts.keyGeneration.keyOf(keyId);
    onSession(sid);
    const status = await waitFor(
      "the key is active or failed",
      async (saw) => {
        const phase = await phaseOf(chain, contracts.keyGeneration, sid);
        saw(`SessionStatus ${phase.status}`);
        if (skipsDispute && phase.status === DISPUTING) await mineRestOf(chain, phase);
        return phase.status === ACTIVE || phase.status === FAILED ? phase.status : undefined;
      },
      { chain, blocks },
    );
    const failure = status === FAILED ? await failureOf(sid) : "";
    return { keyId: keyId as KeyId, sid, status, milliseconds: Date.now() - started, failure };
  };
  const failureOf = async (sid: string): Promise<string> => {
    const [log] = await contracts.keyGeneration.queryFilter(contracts.keyGeneration.filters.KeyFailed(undefined, sid));
    if (log === undefined) return "No key was made, and the chain no longer says why.";
    return describeKeyFailure(log.args, named());
  };
  const keeper = (slot: number): ClusterKeeper => {
    const found = keepers.find((candidate) => candidate.slot === slot);
    if (found === undefined) throw new Error(`There is no keeper at slot ${slot}.`);
    return found;
  };
  const addKeepers = async (count: number): Promise<readonly ClusterKeeper[]> => {
    const first = (await contracts.keeperRegistry.keepers()).length + 1; // slots are never reused
    return startKeepers(Array.from({ length: count }, (_, index) => first + index));
  };
  return { chain, deployment, contracts, deploymentFile, keepers, keeper, addKeepers, generateKey, stop, ...epochs };
};

/** In blocks, at most. A cluster that is resumed has the windows that it was made with. */
const lengthOfSession = async ({ keyGeneration }: Contracts): Promise<number> => {
  const { deal, dispute, finalize, ready } = await keyGeneration.windows();
  return Number(deal + dispute + finalize + ready);
};
