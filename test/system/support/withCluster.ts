import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  anvilBinary,
  type Cluster,
  type ClusterOptions,
  type LocalChain,
  measurePatience,
  startCluster,
  startLocalChain,
} from "@keyquorum/cluster";
import { blockMilliseconds } from "./blockTime.ts";

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

/** A fresh chain and cluster for the enclosing `describe`, in a folder that is removed behind it. `around` may put a proxy before the chain. */
export const withCluster = (
  options: Omit<ClusterOptions, "chain" | "directory">,
  prepare: (cluster: Cluster) => Promise<void> = async () => {},
  around: (chain: LocalChain) => Promise<LocalChain> = async (chain) => chain,
): { readonly cluster: Cluster; readonly chain: LocalChain; readonly directory: string } => {
  const held: { chain?: LocalChain; cluster?: Cluster; directory?: string } = {};
  before(async () => {
    held.directory = await mkdtemp(join(tmpdir(), "keyquorum-system-"));
    const patience = measurePatience();
    held.chain = await startLocalChain({ blockMilliseconds: blockMilliseconds(patience) });
    held.chain = await around(held.chain);
    held.cluster = await startCluster({ patience, ...options, chain: held.chain, directory: held.directory });
    await prepare(held.cluster);
  });
  after(async () => {
    await held.cluster?.stop();
    await held.chain?.stop();
    if (held.directory !== undefined) await rm(held.directory, { recursive: true, force: true });
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
  };
};
