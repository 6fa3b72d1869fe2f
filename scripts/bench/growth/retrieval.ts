import { JsonRpcProvider, Network, Wallet } from "ethers";
import { network } from "hardhat";
import { startReaders } from "../../../test/contracts/client/readingFixture.ts";
import { cpuOf, cpuOfOne } from "./cpu.ts";
import type { Curve, Sizes } from "./curve.ts";

const KEEPERS = [5, 16, 32, 64] as const;
const THRESHOLD = 2;
const [READS, FIRST_READS] = [15, 7];

/**
 * A retrieval by HTTP with t = 2 among n keepers: the real client and contracts, a chain and keepers in this process that prove as real ones do. Four of the n
 * are asked, and the chain about six of them, however many there are.
 */
export const retrievalCurves = async ({ isQuick }: Sizes): Promise<readonly Curve[]> => {
  const [next, first]: [(readonly [number, number])[], (readonly [number, number])[]] = [[], []];
  for (const members of isQuick ? KEEPERS.slice(0, 3) : KEEPERS) {
    const { ethers } = await network.create();
    const world = await startReaders(ethers, { members, threshold: THRESHOLD });
    const { asAlice, keyId } = world;
    const { document } = await asAlice.publish(await asAlice.encryptDocument("the well is behind the third oak", { keyId }));
    const provider = new JsonRpcProvider(world.rpc.url, new Network("bench", world.deployment.chainId), {
      staticNetwork: true,
      cacheTimeout: -1,
    });
    const reader = () => world.clientOf({ signer: Wallet.createRandom(provider), finality: { kind: "finalized" } });
    const known = reader();
    const firsts: number[] = [];
    for (let run = -1; run < FIRST_READS; run += 1) {
      const { milliseconds } = await cpuOf(() => reader().requestOffChain(document));
      if (run >= 0) firsts.push(milliseconds);
    }
    for (let run = 0; run < READS; run += 1) await known.requestOffChain(document);
    next.push([members, await cpuOfOne(() => known.requestOffChain(document), READS)]);
    first.push([members, Math.min(...firsts)]);
    provider.destroy();
    await world.stop();
  }
  const common = { unit: "ms", along: "keepers", note: "t = 2; CPU of the reader, of four answers and of the node's" } as const;
  return [
    { ...common, name: "retrieval: one of a reader's next", order: 0, points: next },
    { ...common, name: "retrieval: a reader's first", order: 0, points: first },
  ];
};
