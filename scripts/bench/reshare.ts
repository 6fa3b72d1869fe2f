import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { type Cluster, RESHARE_STATUS, startCluster, startLocalChain } from "@keyquorum/cluster";
import { describeLoad, type Load, type LoadedOperation, quantile, startLoad } from "@keyquorum/testing";
import type { KeyId } from "@keyquorum/wire";
import type { EventLog, Log } from "ethers";
import { type Figure, median } from "./figures.ts";

/** How many members, and how often one key is reshared among them. */
const SIZES = [
  { keepers: 5, runs: 5 },
  { keepers: 7, runs: 3 },
  { keepers: 16, runs: 1 },
] as const;
const MANY_KEYS = 100;
/** Keys that are generated at a time: only preparation. */
const BATCH = 10;
const READINGS = 40;
const BLOCK_MILLISECONDS = 100;
const DISPUTE = 8;
/** Long enough for sixteen keepers on one machine: what is measured ends when all have dealt and confirmed, not with a window. */
const WINDOWS = { deal: 900, dispute: DISPUTE, finalize: 900, ready: 900 };
const PATIENCE = 240_000;
const PATIENCE_BLOCKS = PATIENCE / BLOCK_MILLISECONDS;

/** Time and gas of moving keys to a new epoch with the same members, by real keeper processes, and what a reader notices meanwhile. */
export const reshareFigures = async (): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const size of SIZES) figures.push(...(await withCluster(size.keepers, (cluster) => oneKeyFigures(cluster, size))));
  return [...figures, ...(await withCluster(5, manyKeysFigures))];
};

const withCluster = async <Result>(keepers: number, measure: (cluster: Cluster) => Promise<Result>): Promise<Result> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: BLOCK_MILLISECONDS });
  const cluster = await startCluster({ chain, directory, keepers, windows: WINDOWS });
  try {
    return await measure(cluster);
  } finally {
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const ACTIVE = 6; // IKeyGeneration.SessionStatus

const generateKey = async (cluster: Cluster, threshold: number): Promise<KeyId> => {
  const { keyId, status } = await cluster.generateKey({ threshold, blocks: PATIENCE_BLOCKS });
  if (status !== ACTIVE) throw new Error("A key could not be generated: this machine is too busy for the windows of this measurement.");
  return keyId;
};

const largestThreshold = (keepers: number): number => Math.floor((keepers - 1) / 2);

const oneKeyFigures = async (
  cluster: Cluster,
  { keepers, runs }: { readonly keepers: number; readonly runs: number },
): Promise<readonly Figure[]> => {
  const threshold = largestThreshold(keepers);
  const keyId = await generateKey(cluster, threshold);
  const times: number[] = [];
  let [sid, requested] = ["", 0];
  for (let run = 0; run < runs; run += 1) {
    await cluster.openEpoch({ blocks: PATIENCE_BLOCKS });
    const outcome = await cluster.reshare(keyId, threshold, { blocks: PATIENCE_BLOCKS });
    times.push(outcome.milliseconds);
    sid = outcome.sid;
  }
  const { keyResharing } = cluster.contracts;
  const of = async (logs: readonly (Log | EventLog)[]): Promise<readonly number[]> =>
    Promise.all(logs.map(async (log) => Number((await log.getTransactionReceipt()).gasUsed)));
  const dealt = await of(await keyResharing.queryFilter(keyResharing.filters.ReshareDealt(sid)));
  const ready = await of(await keyResharing.queryFilter(keyResharing.filters.ReshareKeeperReady(sid)));
  requested = (await of(await keyResharing.queryFilter(keyResharing.filters.ReshareRequested(keyId, sid))))[0] ?? 0;
  const total = [...dealt, ...ready, requested].reduce((sum, gas) => sum + gas, 0);
  const at = `n = ${keepers}, t = ${threshold}`;
  return [
    {
      name: `reshare a key, ${at}`,
      value: median(times),
      unit: "ms",
      note: `median of ${runs}; blocks every ${BLOCK_MILLISECONDS} ms, DISPUTE of ${DISPUTE} blocks included`,
    },
    { name: `request, ${at}`, value: requested, unit: "gas" },
    { name: `deal, ${at}`, value: median(dealt), unit: "gas", note: "each old member" },
    { name: `ready, ${at}`, value: median(ready), unit: "gas", note: "each new member" },
    { name: `ready that moves the key, ${at}`, value: Math.max(...ready), unit: "gas", note: "one of them" },
    { name: `all transactions, ${at}`, value: total, unit: "gas", note: `${dealt.length} deal, ${ready.length} confirm` },
  ];
};

const manyKeysFigures = async (cluster: Cluster): Promise<readonly Figure[]> => {
  const threshold = largestThreshold(5);
  const keyIds: KeyId[] = [];
  while (keyIds.length < MANY_KEYS) {
    const generated = await Promise.all(Array.from({ length: BATCH }, () => generateKey(cluster, threshold)));
    keyIds.push(...generated);
  }
  const load = await startReader(cluster, keyIds[0] as KeyId);
  load.enter("before");
  await load.untilMore(READINGS, PATIENCE);
  await cluster.openEpoch({ blocks: PATIENCE_BLOCKS });
  load.enter("during");
  const started = performance.now();
  const sids: string[] = [];
  for (const keyId of keyIds) sids.push(await cluster.requestReshare(keyId, threshold));
  for (const sid of sids) {
    await cluster.untilReshare(sid, [RESHARE_STATUS.active], { blocks: PATIENCE_BLOCKS });
  }
  const milliseconds = performance.now() - started;
  load.enter("after");
  await load.untilMore(READINGS, PATIENCE);
  return [
    {
      name: `reshare ${MANY_KEYS} keys, n = 5, t = 2`,
      value: milliseconds,
      unit: "ms",
      note: "asked for one after another, moved side by side",
    },
    ...readerFigures(await load.stop()),
  ];
};

/** One reader by HTTP, again and again. */
const startReader = async (cluster: Cluster, keyId: KeyId): Promise<Load> => {
  const blobs = createMemoryBlobStore();
  const person = (index: number) =>
    createClient({ signer: cluster.chain.account(index), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
  const [alice, bob] = [person(1), person(2)];
  const { document } = await alice.publish(await alice.encryptDocument("the well is behind the third oak", { keyId }));
  await alice.grant(document, await bob.address());
  return startLoad({ http: () => bob.requestOffChain(document) });
};

const readerFigures = (operations: readonly LoadedOperation[]): readonly Figure[] => {
  if (operations.some(({ explanation }) => explanation !== undefined)) throw new Error(describeLoad(operations));
  const timesOf = (phase: string): readonly number[] =>
    operations.filter((operation) => operation.phase === phase).map(({ milliseconds }) => milliseconds);
  const p95 = (phase: string): number => quantile(timesOf(phase), 0.95);
  return [
    ...["before", "during", "after"].flatMap((phase): readonly Figure[] => [
      {
        name: `read by HTTP ${phase}, p50`,
        value: quantile(timesOf(phase), 0.5),
        unit: "ms",
        note: `${timesOf(phase).length} readings, none failed`,
      },
      { name: `read by HTTP ${phase}, p95`, value: p95(phase), unit: "ms" },
    ]),
    { name: "p95 during over p95 before", value: p95("during") / p95("before"), unit: "x", note: "five keepers share this machine" },
  ];
};
