import {
  anvilBinary,
  type Cluster,
  type ClusterOptions,
  createRunFolder,
  type LocalChain,
  measurePatience,
  type Patience,
  type RunFolder,
  startCluster,
  startLocalChain,
} from "@keyquorum/cluster";
import type { KeyId } from "@keyquorum/wire";
import { blockMilliseconds } from "./blockTime.ts";
import { preparedState } from "./prepared/preparedState.ts";
import { LONG_WINDOWS } from "./windows.ts";

/** IKeyGeneration.SessionStatus */
export const STATUS = { dealing: 1, disputing: 2, awaitingShift: 3, finalizing: 4, awaitingReady: 5, active: 6, failed: 8 } as const;

/** For tests of other plaintiffs: what no fee pays for, keepers leave to them. */
export const KEEPERS_DO_NOT_CHALLENGE = { challengeGasPerLiarPerDay: 0 };

/** True, and says so loudly, where anvil's binary is missing: its faults (reorgs) cannot be injected there. */
export const lacksAnvil = (): boolean => {
  if (anvilBinary() !== undefined) return false;
  console.warn("SKIPPED: this platform has no anvil binary in npm; the test needs anvil_reorg.");
  return true;
};

/** How many lanes of tests run beside each other. Each finds the machine as busy as the others make it. */
const LANES = Number(process.env.KEYQUORUM_TEST_LANES ?? 1);

/** How busy the machine is with other things than these tests. */
export const measureOthers = (): Patience => Math.max(1, measurePatience() / LANES);

/** A chain and cluster of the enclosing `describe`'s own. */
export type HeldCluster = {
  readonly cluster: Cluster;
  readonly chain: LocalChain;
  readonly directory: string;
  /** The key that it began with. Only with a `threshold`. */
  readonly keyId: KeyId;
};

type Options = Omit<ClusterOptions, "chain" | "directory" | "resumed" | "requestLifetimeSeconds"> & {
  /**
   * Begins with an active key, from a prepared state: chain and keepers as they are after a first start and a key generation. Without it everything is
   * made from nothing.
   */
  readonly threshold?: number;
};

/** A chain and cluster for the enclosing `describe`, in a folder that is removed behind it. `around` may put a proxy before the chain. */
export const withCluster = (
  options: Options,
  prepare: (cluster: Cluster) => Promise<void> = async () => {},
  around: (chain: LocalChain) => Promise<LocalChain> = async (chain) => chain,
): HeldCluster => {
  const held: { -readonly [N in keyof HeldCluster]?: HeldCluster[N] } & { folder?: RunFolder } = {};
  before(async () => {
    held.folder = await createRunFolder("keyquorum-system-");
    held.directory = held.folder.path;
    const { threshold, ...clusterOptions } = options;
    const patience = measureOthers();
    const prepared = threshold === undefined || lacksDumps() ? undefined : await preparedState({ keepers: options.keepers, threshold });
    await prepared?.copyKeepers(held.directory);
    const state = prepared === undefined ? {} : { state: prepared.state };
    held.chain = await startLocalChain({ blockMilliseconds: blockMilliseconds(patience), ...state });
    held.chain = await around(held.chain);
    held.cluster = await startCluster({
      ...(threshold === undefined ? {} : { windows: LONG_WINDOWS }),
      ...(threshold === undefined && options.windows === undefined ? { patience } : {}), // windows that a test names are long enough
      ...{ isHurried: true, skipsDispute: true, ...clusterOptions },
      ...(prepared === undefined ? {} : { resumed: prepared.deployment }),
      ...{ chain: held.chain, directory: held.directory },
    });
    if (threshold !== undefined) held.keyId = prepared?.keyId ?? (await madeKey(held.cluster, threshold));
    await prepare(held.cluster);
  });
  after(async function () {
    await held.cluster?.stop();
    await held.chain?.stop();
    if (hasFailed(this.test?.parent)) console.warn(`The keepers' logs are kept: ${held.folder?.keepLogs().join(", ")}`);
    else held.folder?.discard();
  });
  const made = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("the cluster is there from `before` on only");
    return value;
  };
  return {
    get cluster() {
      return made(held.cluster);
    },
    get chain() {
      return made(held.chain);
    },
    get directory() {
      return made(held.directory);
    },
    get keyId() {
      return made(held.keyId);
    },
  };
};

/** Whether a test of a suite, or of one within it, has failed. */
const hasFailed = (suite: Mocha.Suite | undefined): boolean => {
  let failed = false;
  suite?.eachTest(({ state }) => {
    failed ||= state === "failed";
  });
  return failed;
};

/** Anvil dumps states, and KEYQUORUM_PREPARED=no asks for none. */
const lacksDumps = (): boolean => anvilBinary() === undefined || process.env.KEYQUORUM_PREPARED === "no";

const madeKey = async (cluster: Cluster, threshold: number): Promise<KeyId> => {
  const { keyId, status, failure } = await cluster.generateKey({ threshold });
  if (status !== STATUS.active) throw new Error(failure);
  return keyId;
};
