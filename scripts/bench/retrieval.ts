import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { startCluster, startLocalChain } from "@keyquorum/cluster";
import { type Figure, medianMilliseconds } from "./figures.ts";

/** What a keeper has by default. */
const HEAD_LOOK_MILLISECONDS = 250;
const SIZES = [5, 7, 16] as const;
const [HTTP_RUNS, CHAIN_RUNS] = [9, 3];
/** Sixteen keepers share this machine's cores: key generation takes its time, and is not measured here. */
const KEY_BLOCKS = 1_800;
const WINDOWS = { deal: 600, dispute: 40, finalize: 600, ready: 600 };

/** Request to plaintext with n real keeper processes and the largest threshold, by HTTP and on chain, one reader. */
export const retrievalFigures = async (): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const keepers of SIZES) figures.push(...(await figuresAt(keepers)));
  return figures;
};

const figuresAt = async (keepers: number): Promise<readonly Figure[]> => {
  const threshold = Math.floor((keepers - 1) / 2);
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: 100 });
  const cluster = await startCluster({ chain, directory, keepers, windows: WINDOWS, headLookMilliseconds: HEAD_LOOK_MILLISECONDS });
  try {
    await cluster.generateKey({ threshold, blocks: KEY_BLOCKS });
    const blobs = createMemoryBlobStore();
    const person = (index: number) =>
      createClient({ signer: chain.account(index), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
    const [alice, bob] = [person(1), person(2)];
    const { document } = await alice.publish(await alice.encryptDocument("the well is behind the third oak"));
    await alice.grant(document, await bob.address());
    await setTimeout(2 * HEAD_LOOK_MILLISECONDS); // until every keeper has looked
    const note = `t = ${threshold}; request to plaintext, all keepers on this machine`;
    return [
      {
        name: `by HTTP, n = ${keepers}`,
        value: await medianMilliseconds(HTTP_RUNS, () => bob.requestOffChain(document)),
        unit: "ms",
        note,
      },
      {
        name: `on chain, n = ${keepers}`,
        value: await medianMilliseconds(CHAIN_RUNS, () => bob.requestOnChain(document)),
        unit: "ms",
        note: `t = ${threshold}; blocks every 100 ms`,
      },
    ];
  } finally {
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
