import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import type { Log, Provider } from "ethers";
import { nodeError } from "../fakes/fakeNode.ts";
import { systemClock } from "../time/clock.ts";
import { createChainCalls } from "./chainCalls.ts";
import { type ScanProgress, scanLogs } from "./logs.ts";

/** A node that has two logs in each of these blocks, refuses ranges above `limit`, and whose next questions for events fail as `failures` say. */
const nodeWith = (blocks: readonly number[], limit: number, failures: Error[] = []) => {
  const asked: [number, number][] = [];
  const pauses: number[] = [];
  const progress: ScanProgress[] = [];
  const inBlocks = (from: number, to: number): Log[] =>
    blocks.filter((block) => block >= from && block <= to).flatMap((blockNumber) => [log(blockNumber, 0), log(blockNumber, 1)]);
  const provider = {
    getBlockNumber: async () => 1_000,
    getBlock: async (number: number) => ({ number, hash: `block ${number}` }),
    getLogs: async ({ fromBlock, toBlock, blockHash }: { fromBlock: number; toBlock: number; blockHash?: string }) => {
      if (blockHash !== undefined) return inBlocks(Number(blockHash.slice(6)), Number(blockHash.slice(6)));
      asked.push([fromBlock, toBlock]);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      if (toBlock - fromBlock + 1 > limit) throw nodeError(-32005, "query returned more than 10000 results");
      return inBlocks(fromBlock, toBlock);
    },
  } as unknown as Provider; // of a provider, only these are used
  const calls = {
    ...createChainCalls({ provider, clock: systemClock, readMs: 200, transactMs: 200, pollMs: 10 }),
    pause: async (milliseconds: number, signal?: AbortSignal) => {
      pauses.push(milliseconds);
      await Promise.resolve();
      signal?.throwIfAborted();
    },
  };
  return {
    asked,
    pauses,
    progress,
    provider,
    calls,
    onScan: (step: ScanProgress): void => {
      progress.push(step);
    },
  };
};
const log = (blockNumber: number, index: number): Log => ({ blockNumber, index }) as Log; // only its place matters here

const scan = async (node: ReturnType<typeof nodeWith>, take = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<string[]> => {
  const found: string[] = [];
  for await (const { blockNumber, index } of scanLogs({ ...node, signal }, { address: "0x", topics: [], fromBlock: 1, toBlock: 1_000 })) {
    found.push(`${blockNumber}.${index}`);
    if (found.length >= take) break;
  }
  return found;
};
const httpError = (status: number, headers: Readonly<Record<string, string>> = {}): Error =>
  Object.assign(new Error("server response"), { code: "SERVER_ERROR", response: { statusCode: status, headers, bodyText: "<html>" } });
const times = (count: number, make: () => Error): Error[] => Array.from({ length: count }, make);

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

  const limits: readonly (readonly [what: string, make: () => Error])[] = [
    ["429 inside of a 200", () => nodeError(429, "Too Many Requests")],
    ["-32005 with a word of a rate", () => nodeError(-32005, "rate limit exceeded")],
    ["-32016", () => nodeError(-32016, "over rate limit")],
    ["HTTP status 429", () => httpError(429)],
    ["a limit per second", () => nodeError(-32007, "50/second request limit reached")],
  ];
  for (const [what, make] of limits)
    it(`waits after ${what}, and asks for the same blocks again`, async () => {
      const node = nodeWith(blocks, 1_000, times(10, make));
      expect(await scan(node)).to.deep.equal(newestFirst);
      expect(new Set(node.asked.map(String)).size, "one range").to.equal(1);
      expect(node.asked).to.have.length(11);
      expect(node.pauses).to.have.length(10);
      expect(
        [...node.pauses].sort((a, b) => a - b),
        "longer each time",
      ).to.deep.equal(node.pauses);
    });

  it("waits as long as the node says", async () => {
    const node = nodeWith(blocks, 1_000, [httpError(429, { "retry-after": "7" }), nodeError(-32090, "Too many requests, retry in 9s")]);
    await scan(node);
    expect(node.pauses).to.deep.equal([7_000, 9_000]);
  });

  it("waits a minute in all, and gives up a node that wants more, at once", async () => {
    const node = nodeWith(
      blocks,
      1_000,
      times(1_000, () => nodeError(429, "no")),
    );
    const error = await scan(node).catch((caught: unknown) => caught);
    expect(error).to.have.property("code", "CHAIN_UNAVAILABLE");
    expect(node.pauses.reduce((sum, pause) => sum + pause, 0)).to.be.within(30_000, 60_000);
    const proud = nodeWith(blocks, 1_000, [httpError(429, { "retry-after": "3600" })]);
    expect(await scan(proud).catch((caught: unknown) => caught))
      .to.have.property("message")
      .that.contains("3600 s");
    expect(proud.pauses).to.deep.equal([]);
  });

  it("stops waiting when the caller gives up", async () => {
    const aborting = new AbortController();
    const node = nodeWith(
      blocks,
      1_000,
      times(5, () => nodeError(429, "no")),
    );
    const reason = new Error("enough");
    const onScan = (): void => aborting.abort(reason);
    expect(await scan({ ...node, onScan }, 1, aborting.signal).catch((caught: unknown) => caught)).to.equal(reason);
    expect(node.asked).to.have.length(1);
  });

  it("grows again after what passed", async () => {
    // The pieces are halved down to few blocks by a refusal that is over then.
    const node = nodeWith(
      blocks,
      1_000,
      times(8, () => nodeError(-32000, "block range is too large")),
    );
    expect(await scan(node)).to.deep.equal(newestFirst);
    expect(node.asked.length).to.be.below(80);
  });

  it("asks again, for the same blocks, after a failure that says nothing of them", async () => {
    for (const make of [
      () => httpError(502),
      () => nodeError(-32603, "Internal error"),
      () => Object.assign(new Error("x"), { code: "ECONNRESET" }),
    ]) {
      const node = nodeWith(blocks, 1_000, [make()]);
      expect(await scan(node)).to.deep.equal(newestFirst);
      expect(node.asked.map(String)).to.deep.equal(["1,999", "1,999"]);
    }
  });

  it("asks for fewer blocks where a gateway ends long searches with a page", async () => {
    const node = nodeWith(blocks, 1_000);
    const { getLogs } = node.provider;
    Object.assign(node.provider, {
      getLogs: async (filter: { fromBlock: number; toBlock: number }) => {
        if (filter.toBlock - filter.fromBlock > 300) throw httpError(504);
        return getLogs(filter);
      },
    });
    expect(await scan(node)).to.deep.equal(newestFirst);
  });

  it("tells how far it is, and when it waits", async () => {
    const node = nodeWith(blocks, 300, [nodeError(429, "no")]);
    await scan(node);
    expect(node.progress[0]).to.include({ done: 0, total: 1_000 }).and.to.have.property("waitingMs");
    const done = node.progress.filter(({ waitingMs }) => waitingMs === undefined).map((step) => step.done);
    expect(done).to.deep.equal([...done].sort((a, b) => a - b));
    expect(done.at(-1)).to.equal(1_000);
  });

  it("asks again where the node does not have the newest block, and says so in the end", async () => {
    const node = nodeWith(blocks, 1_000);
    const { getLogs } = node.provider;
    let lacks = 2;
    const lagging = async (filter: { blockHash?: string }) => {
      if (filter.blockHash !== undefined && lacks-- > 0) throw nodeError(-32000, "unknown block");
      return getLogs(filter as never);
    };
    Object.assign(node.provider, { getLogs: lagging });
    expect(await scan(node)).to.deep.equal(newestFirst);
    lacks = 1_000;
    expect(await scan(node).catch((caught: unknown) => caught)).to.have.nested.property("details.reason", "BLOCK_MISSING");
    Object.assign(node.provider, { getBlock: async () => null });
    expect(await scan(node).catch((caught: unknown) => caught)).to.have.nested.property("details.reason", "BLOCK_MISSING");
  });

  it("does not go on halving when the node is gone", async () => {
    const node = nodeWith(
      blocks,
      0,
      times(1_000, () => Object.assign(new Error("x"), { code: "ECONNREFUSED" })),
    );
    Object.assign(node.provider, { getBlockNumber: () => Promise.reject(new Error("gone")) });
    const error = await scan(node).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(KeyquorumError).with.property("code", "CHAIN_UNAVAILABLE");
    expect(new Set(node.asked.map(String)).size).to.equal(1);
  });

  it("gives up when not even one block can be read", async () => {
    const error = await scan(nodeWith(blocks, 0)).catch((caught: unknown) => caught);
    expect(error).to.have.property("code", "CHAIN_UNAVAILABLE");
  });
});
