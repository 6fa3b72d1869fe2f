// One side of the comparison, in a process of its own: five keepers of one commit's, and a reader. Each message is one round; it answers with the CPU
// time of a retrieval in milliseconds, the reader's and the keepers', less what the keepers take in the same time when nobody asks, and with the memory of a
// keeper in MB.
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const READS = 6;
/** As keepers and readers are that run for days: all that they do often is compiled. In twos, no more in a second than a keeper takes of one address. */
const [WARM_UP, TOGETHER, PAUSE_MS] = [300, 2, 250];
const ENOUGH = 1_000_000;
const IDLE_MS = 2_000;
/** What a keeper has by default. */
const HEAD_LOOK_MS = 250;
const MS_PER_TICK = 10; // USER_HZ of Linux

const root = process.argv[2] ?? ""; // whose code runs
const load = async (path: string): Promise<Readonly<Record<string, never>>> =>
  (await import(pathToFileURL(join(root, "packages", path)).href)) as Readonly<Record<string, never>>; // of a commit that nobody knows here

/** What is used of the packages, in all commits since the house issue. */
type Reader = {
  readonly address: () => Promise<string>;
  readonly encryptDocument: (text: string) => Promise<unknown>;
  readonly publish: (encrypted: unknown) => Promise<{ readonly document: string }>;
  readonly grant: (document: string, reader: string) => Promise<unknown>;
  readonly requestOffChain: (document: string) => Promise<unknown>;
};
type Chain = { readonly account: (index: number) => unknown; readonly stop: () => Promise<void> };
type Cluster = {
  readonly deployment: unknown;
  readonly generateKey: (options: object) => Promise<unknown>;
  readonly stop: () => Promise<void>;
};
const { startLocalChain, startCluster } = (await load("cluster/src/index.ts")) as unknown as {
  readonly startLocalChain: (options: object) => Promise<Chain>;
  readonly startCluster: (options: object) => Promise<Cluster>;
};
const { createClient } = (await load("client/src/index.ts")) as unknown as { readonly createClient: (options: object) => Reader };
const { nodeChunkCipher } = await load("client/src/node/index.ts");
const { createMemoryBlobStore } = (await load("blobs/src/index.ts")) as unknown as { readonly createMemoryBlobStore: () => unknown };

/** The keepers: this process's children that run the daemon's program. */
const keeperPids = (): readonly string[] =>
  readdirSync("/proc").filter((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1];
      return parent === String(process.pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("cli/src/main.ts");
    } catch {
      return false; // it has ended
    }
  });
const keepersMs = (): number =>
  keeperPids().reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }, 0);
/** Of the middle one, resident. */
const memoryMb = (): number => {
  const all = keeperPids().map((pid) => Number(/VmRSS:\s+([0-9]+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);
  return all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
};
const ownMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
const chain = await startLocalChain({ blockMilliseconds: 2_000 });
const cluster = await startCluster({
  ...{ chain, directory, keepers: 5, isHurried: true, skipsDispute: true, maxHeadAgeSeconds: 3_600 },
  headLookMilliseconds: HEAD_LOOK_MS, // commits before it know no such setting
  limits: { requestsPerRequesterPerMinute: ENOUGH, requestsPerDocumentPerMinute: ENOUGH },
});
const stop = async (): Promise<void> => {
  await cluster.stop();
  await chain.stop();
  await rm(directory, { recursive: true, force: true });
};
process.once("disconnect", () => void stop().finally(() => process.exit(0)));

await cluster.generateKey({ threshold: 2, blocks: 1_000 });
const blobs = createMemoryBlobStore();
const person = (index: number): Reader =>
  createClient({ signer: chain.account(index), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
const [alice, bob] = [person(1), person(2)];
const { document } = await alice.publish(await alice.encryptDocument("the well is behind the third oak"));
await alice.grant(document, await bob.address());
await pause(2 * HEAD_LOOK_MS);
for (let read = 0; read < WARM_UP; read += TOGETHER)
  await Promise.all([pause(PAUSE_MS), ...Array.from({ length: TOGETHER }, () => bob.requestOffChain(document))]);
if (keeperPids().length !== 5) throw new Error("not all keepers are found");

process.on("message", () => {
  const round = async (): Promise<void> => {
    const idleBefore = keepersMs();
    await pause(IDLE_MS);
    const idlePerMs = (keepersMs() - idleBefore) / IDLE_MS;
    const [keepers, own, started] = [keepersMs(), ownMs(), performance.now()];
    for (let i = 0; i < READS; i += 1) await bob.requestOffChain(document);
    await pause(300); // who was asked beside the quorum ends, too
    const idle = idlePerMs * (performance.now() - started);
    process.send?.({ reader: (ownMs() - own) / READS, keepers: Math.max(0, keepersMs() - keepers - idle) / READS, memory: memoryMb() });
  };
  round().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.send?.("ready");
