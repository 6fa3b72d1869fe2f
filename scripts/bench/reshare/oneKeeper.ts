import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { type Cluster, RESHARE_STATUS, startCluster, startLocalChain } from "@keyquorum/cluster";
import { createOutsiders, quantile } from "@keyquorum/testing";
import type { Hex, KeyId } from "@keyquorum/wire";
import { hexlify, randomBytes } from "ethers";
import type { Figure } from "../figures.ts";
import type { PeersData, PeersSession, PeersTask } from "./peersThread.ts";
import { startReader } from "./reader.ts";

const [KEEPERS, PEERS, THRESHOLD] = [1, 4, 2];
const KEYS = 100;
const READINGS = 100;
const BLOCK_MILLISECONDS = 100;
/** Long enough for a busy machine: what is measured ends when all keys have moved, not with a window. */
const WINDOWS = { deal: 9_000, dispute: 8, finalize: 9_000, ready: 9_000 };
const PATIENCE_BLOCKS = 9_000;
const [ACTIVE, FAILED] = [6n, 8n];

/**
 * One real keeper while 100 keys move at once. Its four peers are a thread of this process that deals and confirms for them by transactions, and takes no
 * more of the machine than that. One reader asks it for its share, one request at a time.
 */
export const oneKeeperFigures = async (): Promise<readonly Figure[]> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: BLOCK_MILLISECONDS });
  const outsiders = createOutsiders(PEERS);
  const steps = join(directory, "steps.jsonl");
  const cluster = await withHook(steps, () =>
    startCluster({ chain, directory, keepers: KEEPERS, windows: WINDOWS, admitOthers: outsiders.admitOthers }),
  );
  const workerData: PeersData = {
    rpcUrl: chain.rpcUrl,
    deployment: cluster.deployment,
    threshold: THRESHOLD,
    members: outsiders.members.map(({ slot, wallet, encryptionSecret }) => ({
      ...{ slot, privateKey: wallet.privateKey },
      encryptionSecret: encryptionSecret.reveal(),
    })),
  };
  const thread = new Worker(new URL("./peersThread.ts", import.meta.url), { workerData });
  const ask = (task: PeersTask): Promise<void> =>
    new Promise((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
      thread.postMessage(task);
    });
  /** CPU milliseconds of the keeper's main thread in its longest step since the last call. */
  const stepsSoFar = async (): Promise<StepsSeen> => {
    const lines = (): readonly string[] => linesOf(steps);
    const count = lines().length;
    cluster.keeper(1).process().signal("SIGWINCH");
    while (lines().length === count) await pause(20);
    return JSON.parse(lines().at(-1) ?? "") as StepsSeen;
  };
  try {
    const keys = await generateKeys(cluster, ask);
    const reader = await startReader(cluster, keys[0]?.keyId as KeyId);
    reader.enter("warm up");
    await reader.untilMore(READINGS);
    await stepsSoFar();
    reader.enter("before");
    await reader.untilMore(READINGS);
    const quiet = await stepsSoFar();
    const epoch = await cluster.openEpoch({ blocks: PATIENCE_BLOCKS });
    await stepsSoFar();
    reader.enter("during");
    const started = performance.now();
    const sessions = await requestReshares(cluster, keys);
    await ask({ kind: "reshare", epoch, sessions });
    for (const { sid } of sessions) await cluster.untilReshare(sid, [RESHARE_STATUS.active], { blocks: PATIENCE_BLOCKS });
    const milliseconds = performance.now() - started;
    reader.enter("after");
    const during = await stepsSoFar();
    const times = await reader.stop();
    const of = (phase: string): readonly number[] => times.get(phase) ?? [];
    const p95 = (phase: string): number => quantile(of(phase), 0.95);
    const at = `${KEYS} keys, n = 5, t = 2`;
    return [
      { name: `one keeper: reshare ${at}`, value: milliseconds, unit: "ms", note: `CPU of the keeper ${Math.round(during.cpu)} ms` },
      ...["before", "during"].flatMap((phase): readonly Figure[] => [
        { name: `one keeper: answer ${phase}, p50`, value: quantile(of(phase), 0.5), unit: "ms", note: `${of(phase).length} answers` },
        { name: `one keeper: answer ${phase}, p95`, value: p95(phase), unit: "ms" },
      ]),
      {
        name: "one keeper: p95 during over p95 before",
        value: p95("during") / p95("before"),
        unit: "x",
        target: 2,
        note: `load ${loadavg()[0]?.toFixed(1)}`,
      },
      { name: "one keeper: longest step of its main thread before", value: quiet.longest, unit: "ms", note: noteOf(quiet) },
      { name: "one keeper: longest step of its main thread during", value: during.longest, unit: "ms", target: 10, note: noteOf(during) },
    ];
  } finally {
    await thread.terminate();
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

/** Milliseconds of CPU: of the longest step, and of the process. `above`: how many steps took more than 10 ms. */
type StepsSeen = { readonly longest: number; readonly above: number; readonly cpu: number };
const noteOf = ({ above }: StepsSeen): string => `CPU time; ${above} took more than 10 ms`;

const linesOf = (file: string): readonly string[] => {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return []; // nothing was written yet
  }
};

/** Starts keepers with the hook that watches their main threads. */
const withHook = async <Result>(file: string, start: () => Promise<Result>): Promise<Result> => {
  const { NODE_OPTIONS: before } = process.env;
  process.env.NODE_OPTIONS = `${before ?? ""} --import ${pathToFileURL(join(import.meta.dirname, "stepWatch.mjs")).href}`;
  process.env.KEYQUORUM_BENCH_STEPS = file;
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
    delete process.env.KEYQUORUM_BENCH_STEPS;
  }
};

const generateKeys = async (
  { chain, contracts: { keyGeneration } }: Cluster,
  ask: (task: PeersTask) => Promise<void>,
): Promise<readonly PeersSession[]> => {
  const governance = await chain.account(0).getAddress();
  const salts = Array.from({ length: KEYS }, () => hexlify(randomBytes(32)));
  const sent = [];
  for (const salt of salts) sent.push(await keyGeneration.requestKey(0, THRESHOLD, salt));
  await sent.at(-1)?.wait();
  const sessions = await Promise.all(
    salts.map(async (salt) => {
      const keyId = (await keyGeneration.keyIdOf(governance, salt)) as Hex;
      return { keyId, sid: (await keyGeneration.keyOf(keyId)).session as Hex };
    }),
  );
  await ask({ kind: "generate", epoch: 1, sessions });
  for (const { sid } of sessions) {
    for (let tries = 0; ; tries += 1) {
      const status = await keyGeneration.statusOf(sid);
      if (status === ACTIVE) break;
      if (status === FAILED || tries > PATIENCE_BLOCKS)
        throw new Error("A key could not be generated: this machine is too busy for the windows of this measurement.");
      await pause(BLOCK_MILLISECONDS);
    }
  }
  return sessions;
};

const requestReshares = async (
  { contracts: { keyResharing } }: Cluster,
  keys: readonly PeersSession[],
): Promise<readonly PeersSession[]> => {
  const sent = [];
  for (const { keyId } of keys) sent.push(await keyResharing.requestReshare(keyId, THRESHOLD, { gasLimit: 600_000 }));
  await sent.at(-1)?.wait();
  return Promise.all(keys.map(async ({ keyId }) => ({ keyId, sid: (await keyResharing.sessionOf(keyId)) as Hex })));
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
