import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectContracts } from "@keyquorum/bindings";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { type Cluster, type ClusterKeeper, startCluster, startLocalChain } from "@keyquorum/cluster";
import { quantile } from "@keyquorum/testing";
import { encodePoint, G, randomScalar } from "@keyquorum/threshold";
import {
  type DocumentHeader,
  encodeShareRequestBody,
  type Hash32,
  headerHashOf,
  hexToBytes,
  type KeyId,
  parseAddress,
  type ShareRequest,
  shareRequestTypedData,
  ZERO_HASH,
} from "@keyquorum/wire";
import { hexlify, randomBytes, type Signer, Wallet } from "ethers";
import type { FloodPlan, FloodReport } from "./flood.ts";

/** Attack 37 at full length. Bad requests are sent at 10 000 a minute, one in six of each kind. */
const ADDRESSES: FloodPlan["addresses"] = [
  ...Array.from({ length: 12 }, (_, place) => ({ address: `127.0.0.${10 + place}`, perMinute: 300 })), // below the limit per address, 600
  ...Array.from({ length: 8 }, (_, place) => ({ address: `127.0.0.${40 + place}`, perMinute: 800 })), // above it
];
const BODIES_PER_KIND = 600;
const [HONEST_ADDRESS, HONEST_PER_SECOND] = ["127.0.0.1", 9];
const READERS = 4;
const FALSE_AUTHORS = 8;
const OVERSIZE_BYTES = 60_000;

/** What must hold. `slower`: p99 with the flood over p99 without. Bytes: what database and write-ahead log grew by; the process's resident memory. */
const TARGETS = { slower: 2, diskBytes: 16 * 1_048_576, memoryBytes: 512 * 1_048_576 };

type Honest = { readonly answered: number; readonly failed: Readonly<Record<string, number>>; readonly milliseconds: readonly number[] };
type Size = { readonly disk: number; readonly memory: number };
export type StrangersReport = {
  readonly seconds: number;
  readonly without: { readonly answered: number; readonly p50: number; readonly p99: number };
  readonly withFlood: { readonly answered: number; readonly p50: number; readonly p99: number };
  readonly flood: FloodReport;
  readonly failed: Readonly<Record<string, number>>;
  readonly before: Size;
  readonly after: Size;
  /** Each target by name, and whether it was met. */
  readonly targets: Readonly<Record<string, boolean>>;
};

/** Starts a chain and keepers, floods one of them as strangers would, and reads from it at the same time. */
export const runStrangers = async (options: {
  readonly seconds: number;
  readonly say: (line: string) => void;
}): Promise<StrangersReport> => {
  const { seconds, say } = options;
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-strangers-"));
  const chain = await startLocalChain({ blockMilliseconds: 1_000 });
  let cluster: Cluster | undefined;
  try {
    say("starting 3 keepers and making a key");
    cluster = await startCluster({ chain, directory: join(directory, "cluster"), keepers: 3 });
    const { keyId, status } = await cluster.generateKey({ threshold: 1 });
    if (status !== 6) throw new Error("The key was not made. Run it again on a machine with less to do.");
    const world = await prepareWorld(cluster, keyId);
    const keeper = cluster.keeper(1);
    for (const { process } of cluster.keepers) await process().stop();
    await keeper.start({ requestsPerMinute: 600, limits: { requestsPerRequesterPerMinute: 300, requestsPerDocumentPerMinute: 900 } });
    await until(async () => (await ask(keeper, await world.honest(0), new Agent())).code === "ANSWERED");

    const count = seconds * HONEST_PER_SECOND;
    say(`${count} honest requests alone, ${HONEST_PER_SECOND} a second`);
    const without = await readHonestly(keeper, await bodiesOf(count, world.honest), say);

    say(`signing ${BODIES_PER_KIND} bad requests of each kind`);
    const bodies = Object.fromEntries(
      await Promise.all(Object.entries(world.bad).map(async ([kind, make]) => [kind, await bodiesOf(BODIES_PER_KIND, make)] as const)),
    );
    const honest = await bodiesOf(count, world.honest);
    const planFile = join(directory, "plan.json");
    await writeFile(planFile, JSON.stringify({ url: keeper.url, seconds: seconds + 5, addresses: ADDRESSES, bodies } satisfies FloodPlan));
    const before = await sizeOf(keeper);
    const rate = ADDRESSES.reduce((sum, { perMinute }) => sum + perMinute, 0);
    say(`the same beside ${rate} bad requests a minute from ${ADDRESSES.length} addresses`);
    const flooding = startFlood(planFile);
    await new Promise((resolve) => setTimeout(resolve, 3_000)); // the flood has begun
    const withFlood = await readHonestly(keeper, honest, say);
    const flood = await flooding;
    await new Promise((resolve) => setTimeout(resolve, 12_000)); // refusals are written down
    const after = await sizeOf(keeper);
    return reportOf({ seconds, without, withFlood, flood, before, after });
  } finally {
    await cluster?.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

/** Alice's documents, who may read them, and requests of every kind. */
const prepareWorld = async (cluster: Cluster, keyId: KeyId) => {
  const { chain, deployment } = cluster;
  const domain = { chainId: deployment.chainId, shareRequests: parseAddress(deployment.contracts.shareRequests) };
  const clientOf = (signer: Signer) =>
    createClient({ signer, deployment, blobs: createMemoryBlobStore(), cipher: nodeChunkCipher, provider: chain.provider });
  const alice = clientOf(chain.account(1));
  const readers = Array.from({ length: READERS }, () => new Wallet(hexlify(randomBytes(32))));
  const strangers = Array.from({ length: 40 }, () => new Wallet(hexlify(randomBytes(32))));
  const headers: DocumentHeader[] = [];
  for (let number = 0; number < 2; number += 1) {
    const encrypted = await alice.encryptDocument(`document ${number}`, { keyId });
    await alice.publish(encrypted);
    for (const { address } of readers) await alice.grant(encrypted.header.document, address);
    headers.push(encrypted.header);
  }
  // Authors of unpublished documents: they may read these, so that only the header's proof can refuse them.
  const authors = await Promise.all(
    Array.from({ length: FALSE_AUTHORS }, async (_, number) => {
      const account = chain.account(2 + number);
      const { header } = await clientOf(account).encryptDocument("false", { keyId });
      await (await connectContracts(deployment, account).accessGrants.claim(header.salt)).wait();
      return { account, address: await account.getAddress(), header: falsified(header) };
    }),
  );

  const sign = async (header: DocumentHeader, signer: Signer | Wallet, requester: string, seconds = 560): Promise<string> => {
    const request: ShareRequest = {
      ...{ document: header.document, headerHash: headerHashOf(header), requester: parseAddress(requester), contextHash: ZERO_HASH },
      readerKey: encodePoint(G.multiply(randomScalar())),
      nonce: hexlify(randomBytes(32)) as Hash32, // true: 32 bytes
      deadline: BigInt(Math.floor(Date.now() / 1000) + seconds),
    };
    const { domain: typed, types, message } = shareRequestTypedData(domain, request);
    const signature = hexToBytes(await signer.signTypedData(typed, types, message));
    return JSON.stringify(encodeShareRequestBody({ header, request, signature }));
  };
  const at = <Value>(values: readonly Value[], number: number): Value => values[number % values.length] as Value; // true: none is empty
  const bad: Readonly<Record<string, (number: number) => Promise<string>>> = {
    "bad signature": (number) => sign(at(headers, number), at(strangers, number), at(readers, number).address),
    denied: (number) => sign(at(headers, number), at(strangers, number), at(strangers, number).address),
    "unknown document": (number) => sign(falsified(at(headers, number)), at(strangers, number), at(strangers, number).address),
    "wrong header proof": (number) => {
      const { header, account, address } = at(authors, number);
      return sign(header, account, address);
    },
    expired: (number) => sign(at(headers, number), at(readers, number), at(readers, number).address, -60),
    oversize: async () => JSON.stringify({ header: `0x${"00".repeat(OVERSIZE_BYTES / 2)}` }),
  };
  const honest = (number: number): Promise<string> => {
    const reader = at(readers, number);
    return sign(at(headers, Math.floor(number / READERS)), reader, reader.address);
  };
  return { honest, bad };
};

/** The same header with another proof, and so with another hash. */
const falsified = (header: DocumentHeader): DocumentHeader => ({
  ...header,
  ciphertext: { ...header.ciphertext, f: header.ciphertext.f ^ 1n },
});

const bodiesOf = async (count: number, make: (number: number) => Promise<string>): Promise<readonly string[]> => {
  const bodies: string[] = [];
  for (let number = 0; number < count; number += 1) bodies.push(await make(number));
  return bodies;
};

const ask = (keeper: ClusterKeeper, body: string, agent: Agent): Promise<{ readonly code: string; readonly milliseconds: number }> =>
  new Promise((resolve) => {
    const started = performance.now();
    const end = (code: string): void => resolve({ code, milliseconds: performance.now() - started });
    const options = { method: "POST", agent, timeout: 30_000, headers: { "content-type": "application/json" } };
    const sending = request(`${keeper.url}/v1/share-requests`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => end(response.statusCode === 200 ? "ANSWERED" : (/"code":"(\w+)"/.exec(text)?.[1] ?? "NO_CODE")));
    });
    sending.on("timeout", () => sending.destroy());
    sending.on("error", () => end("NO_ANSWER"));
    sending.end(body);
  });

/** Sends at a fixed rate, however long answers take. */
const readHonestly = async (keeper: ClusterKeeper, bodies: readonly string[], say: (line: string) => void): Promise<Honest> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, localAddress: HONEST_ADDRESS });
  const started = performance.now();
  const results: { readonly code: string; readonly milliseconds: number }[] = [];
  const sent = bodies.map(async (body, number) => {
    const due = (number * 1000) / HONEST_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - (performance.now() - started))));
    results.push(await ask(keeper, body, agent));
    if (results.length % (HONEST_PER_SECOND * 30) === 0) say(`  ${results.length} of ${bodies.length}`);
  });
  await Promise.all(sent);
  agent.destroy();
  const failed: Record<string, number> = {};
  for (const { code } of results) if (code !== "ANSWERED") failed[code] = (failed[code] ?? 0) + 1;
  const answered = results.filter(({ code }) => code === "ANSWERED");
  return { answered: answered.length, failed, milliseconds: answered.map(({ milliseconds }) => milliseconds) };
};

const startFlood = (planFile: string): Promise<FloodReport> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL("./flood.ts", import.meta.url)), planFile], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    process.once("exit", () => child.kill("SIGKILL"));
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(text) as FloodReport) : reject(new Error(`The flood ended with code ${code}.`)),
    );
  });

const sizeOf = async (keeper: ClusterKeeper): Promise<Size> => {
  let disk = 0;
  for (const name of ["vault.sqlite", "vault.sqlite-wal", "secrets.sqlite", "secrets.sqlite-wal"])
    disk += (await stat(join(keeper.directory, "data", name))).size;
  const status = await readFile(`/proc/${keeper.process().pid}/status`, "utf8");
  return { disk, memory: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024 };
};

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let tried = 0; tried < 120; tried += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error("The keeper did not answer an honest request within two minutes.");
};

const reportOf = ({
  seconds,
  without,
  withFlood,
  flood,
  before,
  after,
}: {
  readonly seconds: number;
  readonly without: Honest;
  readonly withFlood: Honest;
  readonly flood: FloodReport;
  readonly before: Size;
  readonly after: Size;
}): StrangersReport => {
  const figures = ({ answered, milliseconds }: Honest) => ({
    answered,
    p50: Math.round(quantile(milliseconds, 0.5)),
    p99: Math.round(quantile(milliseconds, 0.99)),
  });
  const [alone, beside] = [figures(without), figures(withFlood)];
  const perMinute = (flood.sent * 60) / (seconds + 5);
  return {
    ...{ seconds, without: alone, withFlood: beside, flood, failed: withFlood.failed, before, after },
    targets: {
      "10 000 bad requests a minute": perMinute >= 9_900,
      "1 000 honest requests answered, none refused": beside.answered >= 1_000 && Object.keys(withFlood.failed).length === 0,
      [`p99 below ${TARGETS.slower} times`]: beside.p99 < TARGETS.slower * alone.p99,
      [`disk: less than ${TARGETS.diskBytes / 1_048_576} MiB more`]: after.disk - before.disk < TARGETS.diskBytes,
      [`memory below ${TARGETS.memoryBytes / 1_048_576} MiB`]: after.memory < TARGETS.memoryBytes,
    },
  };
};

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** The report as lines for the screen. */
export const describeStrangers = ({ without, withFlood, flood, failed, before, after, targets }: StrangersReport): string =>
  [
    `alone: ${without.answered} answered, p50 ${without.p50} ms, p99 ${without.p99} ms`,
    `beside the flood: ${withFlood.answered} answered, p50 ${withFlood.p50} ms, p99 ${withFlood.p99} ms; not answered: ${JSON.stringify(failed)}`,
    `flood: ${flood.sent} sent, ${flood.unsent} held back: ${JSON.stringify(flood.outcomes)}`,
    `database and log: ${mebibytes(before.disk)}, then ${mebibytes(after.disk)}; memory: ${mebibytes(before.memory)}, then ${mebibytes(after.memory)}`,
    ...Object.entries(targets).map(([target, isMet]) => `${isMet ? "met   " : "MISSED"} ${target}`),
  ].join("\n");

/** The report as cells of docs/TRACK_RECORD.md. */
export const strangersCells = ({ seconds, without, withFlood, flood, before, after, targets }: StrangersReport): readonly string[] => {
  const missed = Object.entries(targets).flatMap(([target, isMet]) => (isMet ? [] : [target]));
  return [
    `${flood.sent} bad in ${seconds + 5} s, from ${ADDRESSES.length} addresses`,
    `${withFlood.answered} answered`,
    `p50 ${without.p50} ms, p99 ${without.p99} ms`,
    `p50 ${withFlood.p50} ms, p99 ${withFlood.p99} ms`,
    `+${mebibytes(after.disk - before.disk)}`,
    `${mebibytes(before.memory)}, then ${mebibytes(after.memory)}`,
    missed.length === 0 ? "all met" : `missed: ${missed.join("; ")}`,
  ];
};
