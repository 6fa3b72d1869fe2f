import { G, toXY } from "@keyquorum/threshold";
import { subjectOfId } from "@keyquorum/vault";
import { parseAddress, parseRequestId, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { blockHash, createFakeChain, emitLog, fakeContracts } from "../testing/fakeChain.ts";
import { bob } from "../testing/reader.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { pruneRequests } from "./pruneRequests.ts";

const DAY = 86_400;
const NOW = 1_900_000_000;
const final = { number: 100, hash: blockHash(100), parentHash: blockHash(99), timestamp: NOW };
const HOUR = 3_600;
const alice = parseAddress(`0x${"a1".repeat(20)}`);

describe("pruneRequests (D58)", () => {
  let temp: TempVault;
  let time: number;
  beforeEach(async () => {
    time = (NOW - 9 * DAY) * 1000;
    temp = await createTempVault(() => time);
  });
  afterEach(() => temp.remove());

  const requested = (block: number, daysAgo: number, logIndex = 0) =>
    emitLog(
      "SharesRequested",
      [blockHash(0xaa00 + block), ZERO_HASH, bob.address, block, ZERO_HASH, 1, ZERO_HASH, toXY(G), ZERO_HASH, BigInt(NOW - daysAgo * DAY)],
      block,
      logIndex,
    );
  const granted = (block: number) => emitLog("AccessGranted", [ZERO_HASH, bob.address, alice, 0n], block, 5);
  const published = emitLog(
    "DocumentPublished",
    [ZERO_HASH, alice, ZERO_HASH, 1, ZERO_HASH, alice, ZERO_HASH, { u: toXY(G), uBar: toXY(G), e: 1n, f: 1n }, "0x"],
    2,
    7,
  );
  const saveTransaction = (id: string, state: string) => temp.vault.outbox.save({ id, ...subjectOfId(id), entry: { state } });
  const blocks = async () => (await temp.vault.logs.find()).map(({ blockNumber, logIndex }) => [blockNumber, logIndex]);
  const prune = (challengeWindow = DAY, readAgainFrom = (final: number) => final) => {
    const [chain, contracts] = [createFakeChain(), fakeContracts()];
    chain.head = final.number;
    chain.answers["optimisticRequests.challengeWindow"] = () => [BigInt(challengeWindow)];
    for (const name of ["shareRequests", "optimisticRequests"]) chain.answers[`${name}.requestLifetime`] = () => [BigInt(HOUR)];
    const reader = createChainReader({ rpc: chain.rpc, contracts });
    return pruneRequests({ vault: temp.vault, contracts, reader, readAgainFrom }, final, NOW * 1000);
  };

  it("keeps what a request was while it may be challenged, where that is longer than eight days", async () => {
    const challenge = { requestId: parseRequestId(blockHash(0xaa01)), slot: 4 };
    await temp.vault.follower().commit({ logs: [requested(1, 9)], state: {} });
    await temp.vault.challenges.save({ ...challenge, gas: 1n }); // nine days ago
    await prune(9 * DAY);
    expect(await blocks()).to.deep.equal([[1, 0]]);
    expect(await temp.vault.challenges.of(challenge.requestId)).to.have.length(1);
    await prune(7 * DAY);
    expect([await blocks(), await temp.vault.challenges.of(challenge.requestId)]).to.deep.equal([[], []]);
  });
  it("keeps prices: one holds until the next is set", async () => {
    const priced = emitLog("PriceChanged", [5n], 3, 1, "shareRequests");
    await temp.vault.follower().commit({ logs: [requested(1, 9), priced], state: {} });
    await prune();
    expect(await blocks()).to.deep.equal([[3, 1]]);
  });

  it("drops what challenges were, too, and what they may cost", async () => {
    const [old, recent] = [blockHash(0xaa01), blockHash(0xaa32)].map(parseRequestId) as [RequestId, RequestId];
    await temp.vault.follower().commit({ logs: [requested(1, 9), requested(50, 7)], state: {} });
    await temp.vault.work.add({ id: "challenge:1", kind: "challenge", payload: { blockNumber: 1 } });
    await temp.vault.work.finish("challenge:1", "done");
    await temp.vault.challenges.save({ requestId: old, slot: 4, gas: 1n });
    await saveTransaction(`challenge:${old}:4`, "final");
    time = NOW * 1000;
    await temp.vault.challenges.save({ requestId: recent, slot: 4, gas: 1n });
    await saveTransaction(`challenge:${recent}:4`, "final");
    await prune();
    expect([await temp.vault.work.load("challenge:1"), await temp.vault.challenges.of(old)]).to.deep.equal([undefined, []]);
    expect(await temp.vault.challenges.of(recent)).to.have.length(1);
    expect((await temp.vault.outbox.list()).map(({ id }) => id)).to.deep.equal([`challenge:${recent}:4`]);
  });
  it("drops logs, work and transactions of requests that are over for eight days; published headers stay", async () => {
    const logs = [requested(1, 9), published, granted(3), requested(10, 9), requested(50, 7), granted(60)];
    await temp.vault.follower().commit({ logs, state: {} });
    for (const blockNumber of [1, 10, 50]) {
      await temp.vault.work.add({ id: `request:${blockNumber}`, kind: "request", payload: { blockNumber } });
      if (blockNumber !== 10) await temp.vault.work.finish(`request:${blockNumber}`, "done");
    }
    await temp.vault.work.add({ id: "session:1", kind: "session", payload: { blockNumber: 1 } });
    await temp.vault.work.finish("session:1", "done");
    await saveTransaction("answer:0x01", "final");
    await saveTransaction("answer:0x02", "pending");
    await saveTransaction("deal:0x03", "final");
    time = NOW * 1000;
    await saveTransaction("answer:0x04", "final");
    await prune();
    expect(await blocks()).to.deep.equal([
      [2, 7],
      [50, 0],
      [60, 5],
    ]);
    const known = await Promise.all(["request:1", "request:10", "request:50", "session:1"].map((id) => temp.vault.work.load(id)));
    expect(known.map((item) => item?.state)).to.deep.equal([undefined, "pending", "done", "done"]);
    expect((await temp.vault.outbox.list()).map(({ id }) => id)).to.deep.equal(["answer:0x02", "answer:0x04", "deal:0x03"]);
  });
  it("drops grants where nobody asks for shares, up to the final block", async () => {
    await temp.vault.follower().commit({ logs: [granted(3), granted(100), granted(101)], state: {} });
    await prune();
    expect(await blocks()).to.deep.equal([
      [100, 5],
      [101, 5],
    ]);
  });
  it("keeps logs of blocks that will be read again, so that they never seem to come late; what they were is dropped", async () => {
    await temp.vault.follower().commit({ logs: [granted(3), requested(10, 9), granted(20)], state: {} });
    await temp.vault.work.add({ id: "request:10", kind: "request", payload: { blockNumber: 10 } });
    await temp.vault.work.finish("request:10", "done");
    await prune(DAY, (final) => final - 90);
    expect(await blocks()).to.deep.equal([
      [10, 0],
      [20, 5],
    ]);
    expect(await temp.vault.work.load("request:10")).to.equal(undefined);
  });
  it("finds the first that is needed behind a thousand that are not, more than a page of them in one block", async () => {
    const old = Array.from({ length: 1_000 }, (_, index) => requested(index < 700 ? 5 : 6, 9, index));
    await temp.vault.follower().commit({ logs: [...old, requested(7, 1)], state: {} });
    await prune();
    expect(await blocks()).to.deep.equal([[7, 0]]);
  });
});
