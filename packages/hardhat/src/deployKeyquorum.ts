import type { Contracts, Deployment } from "@keyquorum/bindings";
import { type BlobStore, createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import {
  type Cluster,
  type ClusterKeeper,
  clientPatience,
  createRunFolder,
  deleteOnSignals,
  type GeneratedKey,
  measurePatience,
  type Patience,
  type RunFolder,
  startCluster,
} from "@keyquorum/cluster";
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
   * Deploys Keyquorum on this connection's chain, starts the keepers and makes a key. Called again, it returns the same, or starts again
   * where the chain has been reverted to a state without it. Takes a few seconds, so call it once, or in a fixture.
   */
  readonly deployKeyquorum: () => Promise<Keyquorum>;
  /** Ends the keepers and removes their files. Closing the connection does it, too. */
  readonly stop: () => Promise<void>;
};

type Running = {
  readonly keyquorum: Keyquorum;
  readonly cluster: Cluster;
  readonly chain: ConnectedChain;
  readonly folder: RunFolder;
  readonly stopListening: () => void;
};

/** PROTOCOL section 3: SessionStatus.Disputing, AwaitingShift and Active. Of these the first two pass by blocks alone. */
const [DISPUTING, AWAITING_SHIFT, ACTIVE] = [2, 3, 6];
/** In blocks. The plugin mines one a second while keepers have something to do, so that each has a minute for it. */
const WINDOWS = { deal: 60, dispute: 8, finalize: 60, ready: 60 };
const REST_MILLISECONDS = 1_000;
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
  const folder = await createRunFolder("keyquorum-hardhat-");
  const chain = await connectChain(provider, { governor: config.governor });
  const patience = config.patience === "measured" ? measurePatience() : config.patience;
  const stopListening = deleteOnSignals();
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster({
      chain,
      directory: folder.path,
      keepers: config.keepers,
      windows: WINDOWS,
      patience,
      requestLifetimeSeconds: REQUEST_LIFETIME_SECONDS,
      maxHeadAgeSeconds: MAX_HEAD_AGE_SECONDS,
    });
    const keyId = await makeKey({ chain, cluster, threshold: config.threshold });
    // A test that forgets to stop still ends, and its keepers and their secrets with it.
    for (const keeper of cluster.keepers) keeper.process().unref();
    return { keyquorum: describe({ chain, cluster, keyId, patience }), cluster, chain, folder, stopListening };
  } catch (error) {
    stopListening();
    await cluster?.stop();
    await chain.stop();
    throw withLogs(error, folder.keepLogs());
  }
};

const makeKey = async ({
  chain,
  cluster,
  threshold,
}: Pick<Running, "chain" | "cluster"> & { readonly threshold: number }): Promise<Keyquorum["keyId"]> => {
  const { keyGeneration } = cluster.contracts;
  const session: { sid?: string } = {};
  const isDue = async (): Promise<boolean> => {
    if (session.sid === undefined) return false;
    const status = Number(await keyGeneration.statusOf(session.sid));
    return status === DISPUTING || status === AWAITING_SHIFT;
  };
  const onSession = (sid: string): void => {
    session.sid = sid;
  };
  const { keyId, status, failure } = await withBlocks(chain, { isDue, restMilliseconds: REST_MILLISECONDS }, () =>
    cluster.generateKey({ threshold, onSession }),
  );
  if (status === ACTIVE) return keyId;
  throw new Error(
    `${failure}\nAre others using this chain's governor account? On a busy machine set a larger keyquorum.patience in hardhat.config.ts.`,
  );
};

const withLogs = (error: unknown, logs: readonly string[]): unknown => {
  if (logs.length === 0) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`${message}\nThe keepers' logs are kept: ${logs.join(", ")}`, { cause: error });
};

const describe = ({
  chain,
  cluster,
  keyId,
  patience,
}: Pick<Running, "chain" | "cluster"> & Pick<Keyquorum, "keyId"> & { readonly patience: Patience }): Keyquorum => {
  const { deployment, contracts, keepers } = cluster;
  const blobs = createMemoryBlobStore();
  const { limits = {}, timeouts } = clientPatience(patience);
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
        ...{ limits, timeouts: { ...timeouts, pollMs: 100 } },
        signer: signer instanceof Wallet ? signer.connect(chain.provider) : chain.signerOf(signer),
      }),
  };
};

const stopAll = async ({ cluster, chain, folder, stopListening }: Running): Promise<void> => {
  stopListening();
  await cluster.stop();
  await chain.stop();
  folder.discard();
};
