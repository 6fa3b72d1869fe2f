import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import type { Log, Provider } from "ethers";
import { createChainCalls } from "./chainCalls.ts";
import { systemClock } from "./clock.ts";
import { scanLogs } from "./logs.ts";

/** A node that has a log in each of these blocks and refuses ranges above `limit`. */
const nodeWith = (blocks: readonly number[], limit: number) => {
  const asked: [number, number][] = [];
  const provider = {
    getBlockNumber: async () => 1_000,
    getLogs: async ({ fromBlock, toBlock }: { fromBlock: number; toBlock: number }) => {
      asked.push([fromBlock, toBlock]);
      if (toBlock - fromBlock + 1 > limit)
        throw Object.assign(new Error("query returned more than 10000 results"), { code: "UNKNOWN_ERROR" });
      return blocks
        .filter((block) => block >= fromBlock && block <= toBlock)
        .flatMap((blockNumber) => [log(blockNumber, 0), log(blockNumber, 1)]);
    },
  } as unknown as Provider; // of a provider, only these two are used
  return { asked, provider, calls: createChainCalls({ provider, clock: systemClock, readMs: 200, transactMs: 200, pollMs: 10 }) };
};
const log = (blockNumber: number, index: number): Log => ({ blockNumber, index }) as Log; // only its place matters here

const scan = async ({ provider, calls }: ReturnType<typeof nodeWith>, take = Number.POSITIVE_INFINITY): Promise<string[]> => {
  const found: string[] = [];
  for await (const { blockNumber, index } of scanLogs({ provider, calls }, { address: "0x", topics: [], fromBlock: 1, toBlock: 1_000 })) {
    found.push(`${blockNumber}.${index}`);
    if (found.length >= take) break;
  }
  return found;
};

describe("scanLogs", () => {
  const blocks = [1, 3, 500, 999, 1_000];
  const newestFirst = ["1000.1", "1000.0", "999.1", "999.0", "500.1", "500.0", "3.1", "3.0", "1.1", "1.0"];
  for (const limit of [1_000, 300, 7, 1]) {
    it(`finds every log once, newest first, where a node allows ${limit} blocks`, async () => {
      expect(await scan(nodeWith(blocks, limit))).to.deep.equal(newestFirst);
    });
  }

  it("asks for no more than the caller reads", async () => {
    const node = nodeWith(blocks, 100);
    expect(await scan(node, 2)).to.deep.equal(["1000.1", "1000.0"]);
    expect(Math.min(...node.asked.filter(([from, to]) => to - from < 100).map(([from]) => from))).to.be.above(900);
  });

  it("does not go on halving when the node is gone", async () => {
    const node = nodeWith(blocks, 0);
    Object.assign(node.provider, { getBlockNumber: () => Promise.reject(new Error("gone")) });
    const error = await scan(node).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(KeyquorumError).with.property("code", "CHAIN_UNAVAILABLE");
    expect(node.asked).to.have.length(1);
  });

  it("gives up when not even one block can be read", async () => {
    const error = await scan(nodeWith(blocks, 0)).catch((caught: unknown) => caught);
    expect(error).to.have.property("code", "CHAIN_UNAVAILABLE");
  });
});
