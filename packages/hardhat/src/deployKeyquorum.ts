import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contracts, Deployment } from "@keyquorum/bindings";
import { type BlobStore, createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { type Cluster, type ClusterKeeper, type GeneratedKey, startCluster } from "@keyquorum/testing";
import { type Signer, Wallet } from "ethers";
import type { KeyquorumConfig } from "./config.ts";
import { type ConnectedChain, connectChain } from "./connectedChain.ts";
import { withBlocks } from "./mining.ts";
import type { RequestProvider } from "./rpcBridge.ts";

/** Keyquorum as it stands on a connection's chain: contracts, keepers in processes of their own, and one active key. */
export type Keyquorum = {
  readonly deployment: Deployment;
  /** The deployed contracts, connected to the governor's account. */
  readonly contracts: Contracts;
  /** The active key: documents are encrypted for it by default. */
  readonly keyId: GeneratedKey["keyId"];
  /** The keepers, to stop, kill and start again. */
  readonly keepers: readonly ClusterKeeper[];
  /** Where all clients of this chain keep ciphertext: in memory. */
  readonly blobs: BlobStore;
  /** A client that signs as an account of the network, or as a wallet. */
  readonly client: (signer: Signer | { readonly address: string }) => KeyquorumClient;
};

/** What a connection has under `keyquorum`. */
export type KeyquorumOfConnection = {
  /**
   * Deploys Keyquorum on this connection's chain, starts the keepers and makes a key. Called again, it returns the same, or starts anew
   * where the chain has been reverted to a state without it. Takes a few seconds, so call it once, or in a fixture.
   */
  readonly deployKeyquorum: () => Promise<Keyquorum>;
  /** Ends the keepers and removes their files. Closing the connection does it, too. */
  readonly stop: () => Promise<void>;
};

type Running = { readonly keyquorum: Keyquorum; readonly cluster: Cluster; readonly chain: ConnectedChain; readonly directory: string };

/** PROTOCOL section 3: SessionStatus.Active. */
const ACTIVE = 6;
/** In blocks. The plugin mines while the key is made, so that these pass quickly. */
const WINDOWS = { deal: 60, dispute: 8, finalize: 60, ready: 60 };
const REQUEST_LIFETIME_SECONDS = 600;
/**
 * A simulated chain's time is not the machine's: it mines when something is sent, may begin in the past (`initialDate`, a fork of an old block), or be set
 * back. So keepers have no limit that matters: the longest that their configuration takes, a hundred years.
 */
const MAX_HEAD_AGE_SECONDS = 3_155_760_000;

/** Opens nothing until `deployKeyquorum` is called. */
export const createKeyquorum = (config: KeyquorumConfig, provider: RequestProvider): KeyquorumOfConnection => {
  let running: Promise<Running> | undefined;

  const stop = async (): Promise<void> => {
    const last = await running?.catch(() => undefined);
    running = undefined;
    if (last !== undefined) await stopAll(last);
  };
  const deployKeyquorum = async (): Promise<Keyquorum> => {
    const last = await running;
    if (last !== undefined && !(await isThere(last))) await stop();
    running ??= start(config, provider);
    try {
      return (await running).keyquorum;
    } catch (error) {
      running = undefined;
      throw error;
    }
  };
  return { deployKeyquorum, stop };
};

/** Whether the chain still has the deployment: a test may have reverted it. */
const isThere = async ({ chain, cluster: { deployment } }: Running): Promise<boolean> =>
  (await chain.provider.getBlock(deployment.block))?.hash === deployment.blockHash;

const start = async (config: KeyquorumConfig, provider: RequestProvider): Promise<Running> => {
  const chain = await connectChain(provider, { governor: config.governor });
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-hardhat-"));
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster({
      chain,
      directory,
      keepers: config.keepers,
      windows: WINDOWS,
      requestLifetimeSeconds: REQUEST_LIFETIME_SECONDS,
      maxHeadAgeSeconds: MAX_HEAD_AGE_SECONDS,
    });
    const { generateKey } = cluster;
    const { keyId, status } = await withBlocks(chain, () => generateKey({ threshold: config.threshold }));
    // A test that forgets to stop still ends, and its keepers and their secrets with it.
    for (const keeper of cluster.keepers) keeper.process().unref();
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
    if (status !== ACTIVE)
      throw new Error("The keepers could not make a key. Are others using this chain's governor account, or is mining stopped?");
    return { keyquorum: describe({ chain, cluster, keyId }), cluster, chain, directory };
  } catch (error) {
    await cluster?.stop();
    await chain.stop();
    throw error;
  }
};

const describe = ({ chain, cluster, keyId }: Pick<Running, "chain" | "cluster"> & Pick<Keyquorum, "keyId">): Keyquorum => {
  const { deployment, contracts, keepers } = cluster;
  const blobs = createMemoryBlobStore();
  return {
    deployment,
    contracts,
    keyId,
    keepers,
    blobs,
    client: (signer) =>
      createClient({
        deployment,
        blobs,
        cipher: nodeChunkCipher,
        allowPrivateEndpoints: true, // the keepers are processes of this machine, whatever the chain's id
        finality: { kind: "confirmations", blocks: 0 },
        timeouts: { pollMs: 100 },
        signer: signer instanceof Wallet ? signer.connect(chain.provider) : chain.signerOf(signer),
      }),
  };
};

const stopAll = async ({ cluster, chain, directory }: Running): Promise<void> => {
  await cluster.stop();
  await chain.stop();
  await rm(directory, { recursive: true, force: true });
};
