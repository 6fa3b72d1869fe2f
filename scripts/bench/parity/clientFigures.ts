import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import type { Cluster } from "@keyquorum/cluster";
import { silentLogger, systemClock } from "@keyquorum/keeper";
import { createSigningAgent } from "@keyquorum/parity";
import { bytesToHex, documentIdOf, parseHash32 } from "@keyquorum/wire";
import { createOceanClient, keyServerOf, type OceanClient } from "../../../test/system/support/oceanClient.ts";
import { openKeystores } from "../../devnet/parityServers.ts";
import { type Figure, median, medianMilliseconds } from "../figures.ts";
import { author, readShadows } from "./keyServer.ts";
import { cpuFigure, cpuSeconds, shareFigures } from "./processor.ts";

const [DOCUMENTS, READINGS] = [5, 31];
/** How many readers ask one keeper at once, and for how long. */
const [AT_ONCE, SECONDS] = [8, 5];

/** Publishing and consuming with Ocean's client and an agent, then what one keeper answers. */
export const clientFigures = async (
  cluster: Cluster,
  { threshold, directory }: { readonly threshold: number; readonly directory: string },
): Promise<readonly Figure[]> => {
  await mkdir(join(directory, "agent"));
  const { keys, password = "" } = await openKeystores(
    { keystore: undefined, acl: undefined, keyServerPort: 0, agentPorts: [] },
    join(directory, "agent"),
  );
  const agent = await createSigningAgent({
    ...{ keys, host: "127.0.0.1", port: 0, chainId: cluster.chain.chainId, version: "bench", clock: systemClock, log: silentLogger },
  });
  try {
    const client = createOceanClient({
      ...{ secretStoreUri: keyServerOf(cluster.keeper(1)), parityUri: await agent.listen(), address: author.address },
      ...{ password, threshold },
    });
    return await figuresOf(cluster, client, { threshold, directory });
  } finally {
    await agent.close();
  }
};

const figuresOf = async (
  cluster: Cluster,
  client: OceanClient,
  { threshold, directory }: { readonly threshold: number; readonly directory: string },
): Promise<readonly Figure[]> => {
  const times: number[] = [];
  let [id, encrypted] = ["", ""];
  for (id of await claimedIds(cluster, DOCUMENTS + 1)) {
    const started = performance.now();
    encrypted = await client.encryptDocument(id, { files: ["https://example.com/data.csv"] });
    times.push(performance.now() - started);
  }
  const consume = await medianMilliseconds(DOCUMENTS, () => client.decryptDocument(id, encrypted));
  const read = () => readShadows(cluster, id);
  const reading = await medianMilliseconds(READINGS, read);
  const one = async () => {
    for (let count = 0; count < READINGS; count += 1) await read();
  };
  const of = `${threshold + 1} of ${cluster.keepers.length}`;
  return [
    {
      name: `publish with Ocean's client, ${of}`,
      value: median(times.slice(1)),
      unit: "ms",
      note: "agent, server key, document key",
    },
    { name: `consume with Ocean's client, ${of}`, value: consume, unit: "ms", note: "agent, shadows" },
    { name: `shadow retrieval, ${of}`, value: reading, unit: "ms", target: 150, note: `load ${loadavg()[0]?.toFixed(1)}` },
    await cpuFigure(`  shadow retrieval, ${of}`, cluster, READINGS, one),
    ...(await rateFigures(cluster, read)),
    ...(await shareFigures("shadow retrieval", { cluster, directory }, () => manyFor(read))),
  ];
};

/** Ids that the author owns in AccessGrants, without 0x. */
const claimedIds = async ({ contracts }: Cluster, count: number): Promise<readonly string[]> => {
  const salts = Array.from({ length: count }, () => parseHash32(bytesToHex(Uint8Array.from(randomBytes(32)))));
  const sent = [];
  for (const salt of salts) sent.push(await contracts.accessGrants.claimFor(author.address, salt));
  await sent.at(-1)?.wait();
  return salts.map((salt) => documentIdOf(author.address, salt).slice(2));
};

/** Readers who come back at once, for some seconds. Resolves to how many answers there were, and how many seconds it took. */
const manyFor = async (read: () => Promise<void>): Promise<{ readonly count: number; readonly seconds: number }> => {
  const started = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (; performance.now() - started < SECONDS * 1_000; count += 1) await read();
    }),
  );
  return { count, seconds: (performance.now() - started) / 1_000 };
};

const rateFigures = async (cluster: Cluster, read: () => Promise<void>): Promise<readonly Figure[]> => {
  const before = cpuSeconds(cluster);
  const { count, seconds } = await manyFor(read);
  const used = cpuSeconds(cluster).map((after, index) => after - (before[index] ?? 0));
  const all = used.reduce((sum, one) => sum + one, 0);
  const note = `${AT_ONCE} at a time, all keepers on this machine; load ${loadavg()[0]?.toFixed(1)}`;
  return [
    { name: "shadow retrievals of one keeper", value: count / seconds, unit: "1/s", note },
    { name: "shadow retrievals per processor second of the asked keeper", value: count / (used[0] ?? 1), unit: "1/s" },
    { name: "shadow retrievals per processor second of all keepers", value: count / all, unit: "1/s" },
  ];
};
