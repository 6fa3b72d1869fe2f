import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { startCluster, startLocalChain } from "@keyquorum/cluster";
import { answersOf, gasOf, sessionCosts } from "../demo/costs.ts";
import { type Figure, median, medianMilliseconds } from "./figures.ts";

const [HTTP_RUNS, CHAIN_RUNS, KEY_RUNS] = [15, 5, 3];
/** What a keeper has by default: requests that begin within it share a look at the newest block. */
const HEAD_LOOK_MILLISECONDS = 250;
const CONCURRENT = 8;
const THROUGHPUT_MILLISECONDS = 5_000;

/** The loop with five real keeper processes, t = 2: key generation, retrieval both ways, gas of each transaction. */
export const loopFigures = async (): Promise<readonly Figure[]> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: 100 });
  const cluster = await startCluster({ chain, directory, keepers: 5, headLookMilliseconds: HEAD_LOOK_MILLISECONDS });
  try {
    const blobs = await openFileBlobStore(join(directory, "blobs"));
    const person = (index: number): KeyquorumClient =>
      createClient({ signer: chain.account(index), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
    const [alice, bob] = [person(1), person(2)];
    const keys = [];
    for (let run = 0; run < KEY_RUNS; run += 1) keys.push(await cluster.generateKey({ threshold: 2 }));
    const costs = await sessionCosts(cluster, keys[0]?.sid ?? "");
    const costOf = (text: string): number => median(costs.filter(({ what }) => what.includes(text)).map(({ gas }) => Number(gas)));

    const published = await alice.publish(await alice.encryptDocument("the well is behind the third oak"));
    const granted = await alice.grant(published.document, await bob.address());
    await setTimeout(2 * HEAD_LOOK_MILLISECONDS); // until every keeper has looked
    const byHttp = await medianMilliseconds(HTTP_RUNS, () => bob.requestOffChain(published.document));
    const onChain: number[] = [];
    let requestId = "";
    for (let run = 0; run < CHAIN_RUNS; run += 1) {
      const started = performance.now();
      requestId = (await bob.requestOnChain(published.document)).report.requestId;
      onChain.push(performance.now() - started);
    }
    const answers = (await answersOf(cluster, requestId)).map(({ gas }) => Number(gas));
    const end = performance.now() + THROUGHPUT_MILLISECONDS;
    let served = 0;
    await Promise.all(
      Array.from({ length: CONCURRENT }, async () => {
        while (performance.now() < end) {
          await bob.requestOffChain(published.document);
          served += 1;
        }
      }),
    );
    const revoked = await alice.revoke(published.document, await bob.address());
    return [
      {
        name: "key generation, 3 of 5",
        value: median(keys.map(({ milliseconds }) => milliseconds)),
        unit: "ms",
        target: 5_000,
        note: "blocks every 100 ms, DISPUTE of 8 blocks included",
      },
      {
        name: "retrieval by HTTP",
        value: byHttp,
        unit: "ms",
        note: "request to plaintext, one reader; looks shared for 250 ms, the default",
      },
      { name: "retrieval on chain", value: median(onChain), unit: "ms", note: "blocks every 100 ms" },
      {
        name: "retrievals by HTTP",
        value: (served * 1000) / THROUGHPUT_MILLISECONDS,
        unit: "1/s",
        note: `${CONCURRENT} readers; 5 keepers, chain and readers share this machine`,
      },
      { name: "finalize", value: costOf("finalizes"), unit: "gas" },
      { name: "ready", value: costOf("ready"), unit: "gas" },
      { name: "publish", value: Number(published.transaction.gasUsed), unit: "gas" },
      { name: "grant", value: Number(granted.gasUsed), unit: "gas" },
      { name: "revoke", value: Number(revoked.gasUsed), unit: "gas" },
      { name: "request", value: Number(await gasOf(cluster, requestId)), unit: "gas" },
      { name: "answer", value: median(answers), unit: "gas", note: "whole transaction; its verification is above" },
    ];
  } finally {
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
