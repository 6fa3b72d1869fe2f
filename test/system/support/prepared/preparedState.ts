import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Deployment, encodeDeployment, parseDeployment } from "@keyquorum/bindings";
import { dumpState, type KeeperLogLine, startCluster, startLocalChain } from "@keyquorum/cluster";
import type { KeyId } from "@keyquorum/wire";
import { blockMilliseconds } from "../blockTime.ts";
import { LONG_WINDOWS } from "../windows.ts";
import { withLock } from "./lock.ts";
import { type Shape, shapeHash, sourcesHash } from "./shape.ts";

/** A chain and the folders of stopped keepers on it, which hold one active key in epoch 1. */
export type PreparedState = {
  /** For `startLocalChain`. */
  readonly state: string;
  readonly deployment: Deployment;
  readonly keyId: KeyId;
  /** Copies the keepers' folders into one of the caller's. */
  readonly copyKeepers: (to: string) => Promise<void>;
};

const CACHE = join(import.meta.dirname, "..", "..", "..", "..", "cache", "prepared");
/** Written last: a folder without it is no state. */
const FACTS = "prepared.json";
/** IKeyGeneration.SessionStatus */
const ACTIVE = 6;
const REQUEST_LIFETIME_SECONDS = 120;

/**
 * The state of a shape: from the cache, or made now, by real keepers and from nothing. One of two processes that ask at once makes it.
 * What was made from other sources is deleted, never used.
 */
export const preparedState = async (shape: Shape): Promise<PreparedState> => {
  await mkdir(CACHE, { recursive: true });
  const sources = sourcesHash();
  const folder = join(CACHE, `${sources}-${shapeHash(shape)}`);
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(join(folder, FACTS))) return;
    await forgetOthers(sources);
    await make(shape, folder);
  });
  const { deployment, keyId } = JSON.parse(await readFile(join(folder, FACTS), "utf8")) as Facts;
  return {
    state: await readFile(join(folder, "chain"), "utf8"),
    deployment: parseDeployment(deployment),
    keyId,
    copyKeepers: (to) => cp(join(folder, "keepers"), to, { recursive: true, preserveTimestamps: true }),
  };
};

type Facts = { readonly deployment: unknown; readonly keyId: KeyId };

const forgetOthers = async (sources: string): Promise<void> => {
  for (const name of await readdir(CACHE)) if (!name.startsWith(sources)) await rm(join(CACHE, name), { recursive: true, force: true });
};

const make = async (shape: Shape, folder: string): Promise<void> => {
  const { keepers, threshold } = shape;
  const making = await mkdtemp(`${folder}.making-`);
  const directory = join(making, "keepers");
  const chain = await startLocalChain({ blockMilliseconds: blockMilliseconds(1) });
  try {
    const options = { windows: LONG_WINDOWS, requestLifetimeSeconds: REQUEST_LIFETIME_SECONDS, isHurried: true, skipsDispute: true };
    const cluster = await startCluster({ ...options, keepers, chain, directory });
    try {
      const { keyId, sid, status, failure } = await cluster.generateKey({ threshold });
      if (status !== ACTIVE) throw new Error(failure);
      const isOver = (line: KeeperLogLine): boolean => line.msg === "Key generation is over" && line.sid === sid;
      // The chain cannot tell: it takes no more than the 2t+1 confirmations that a key needs.
      for (const { process } of cluster.keepers) await process().waitForLog(isOver);
      await cluster.stop();
      for (const { logFile } of cluster.keepers) await rm(logFile, { force: true });
      await writeFile(join(making, "chain"), await dumpState(chain));
      await writeFile(join(making, FACTS), JSON.stringify({ deployment: encodeDeployment(cluster.deployment), keyId } satisfies Facts));
    } finally {
      await cluster.stop();
    }
    await rename(making, folder);
  } finally {
    await chain.stop();
    await rm(making, { recursive: true, force: true });
  }
};
