import type { ReceivedShareRequest } from "@keyquorum/protocol";
import { encodePoint, G, toXY } from "@keyquorum/threshold";
import { type DocumentId, type Hash32, parseAddress, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { blockHash, emitLog, fakeContracts } from "../testing/fakeChain.ts";
import { bob, mallory } from "../testing/reader.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { createRequestBudget } from "./requestBudget.ts";

const SLOT = 4;
const NOW = 1_900_000_000n;
const ves = { k: toXY(G), v: toXY(G), c: 1n, zs: 1n, zk: 1n };
const idOf = (n: number): RequestId => blockHash(0xaaa000 + n) as Hash32 as RequestId;

describe("createRequestBudget (D35)", () => {
  let temp: TempVault;
  let balance = 100n;
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    balance = 100n;
  });
  afterEach(() => temp.remove());

  const create = (answersPerRequesterPerDay: number, vault: Parameters<typeof createRequestBudget>[0]["vault"] = temp.vault) =>
    createRequestBudget({
      vault,
      contracts: fakeContracts(),
      slot: () => SLOT,
      balance: async () => balance,
      balanceReserveWei: 50n,
      answersPerRequesterPerDay,
    });
  const request = (requester = bob.address): ReceivedShareRequest => ({
    state: "received",
    channel: "chain",
    requestId: idOf(0),
    document: ZERO_HASH as DocumentId,
    headerHash: ZERO_HASH,
    requester: parseAddress(requester),
    readerKey: encodePoint(G),
    contextHash: ZERO_HASH,
    deadline: NOW,
    epoch: 1,
  });
  /** Requests of Bob's, each with whether this keeper answered it. */
  const mirror = (requests: readonly { readonly age: bigint; readonly isAnswered: boolean; readonly slot?: number }[]): Promise<void> => {
    const logs = requests.flatMap(({ age, isAnswered, slot = SLOT }, n) => [
      emitLog("SharesRequested", [idOf(n), ZERO_HASH, bob.address, n, ZERO_HASH, 1, ZERO_HASH, toXY(G), ZERO_HASH, NOW - age], n + 1, 0),
      ...(isAnswered ? [emitLog("ShareAnswered", [idOf(n), slot, toXY(G), ves], n + 1, 1)] : []),
    ]);
    return temp.vault.follower().commit({ logs, state: {} });
  };
  const [ANSWERED, OPEN] = [
    { age: 0n, isAnswered: true },
    { age: 0n, isAnswered: false },
  ];

  it("allows a request within the budget", async () => {
    await mirror([ANSWERED, OPEN]);
    expect(await create(2).refusalOf(request())).to.equal(undefined);
  });
  it("refuses one more than the budget", async () => {
    await mirror([ANSWERED, ANSWERED, OPEN]);
    expect(await create(2).refusalOf(request())).to.equal("REQUESTER_BUDGET");
  });
  it("counts only what this keeper answered", async () => {
    await mirror([ANSWERED, { ...ANSWERED, slot: 5 }, OPEN, OPEN]);
    expect(await create(2).refusalOf(request())).to.equal(undefined);
  });
  it("counts only the last day", async () => {
    await mirror([ANSWERED, { ...ANSWERED, age: 86_400n }, OPEN, OPEN]);
    expect(await create(2).refusalOf(request())).to.equal(undefined);
  });
  it("counts each requester apart", async () => {
    await mirror([ANSWERED, ANSWERED, ANSWERED]);
    expect(await create(2).refusalOf(request(mallory.address))).to.equal(undefined);
  });
  it("allows no more at once than the budget, before any answer is on chain", async () => {
    await mirror([OPEN, OPEN, OPEN]);
    const budget = create(2);
    const refusals = await Promise.all([0, 1, 2, 0].map((n) => budget.refusalOf({ ...request(), requestId: idOf(n) })));
    expect(refusals).to.deep.equal([undefined, undefined, "REQUESTER_BUDGET", undefined]);
  });
  it("counts once in a while, however many of a requester's requests wait", async () => {
    await mirror(Array.from({ length: 50 }, () => OPEN));
    let looks = 0;
    const { logs } = temp.vault;
    const find: typeof logs.find = (filter) => {
      looks += 1;
      return logs.find(filter);
    };
    const budget = create(100, { logs: { ...logs, find } });
    for (let n = 0; n < 50; n += 1) await budget.refusalOf({ ...request(), requestId: idOf(n) });
    expect(looks, "once for each contract").to.equal(2);
  });
  it("counts both contracts' requests together", async () => {
    await mirror([ANSWERED, OPEN]);
    const optimistic = (n: number) => [
      emitLog(
        "SharesRequested",
        [idOf(n), ZERO_HASH, bob.address, n, ZERO_HASH, 1, ZERO_HASH, toXY(G), ZERO_HASH, NOW],
        n,
        0,
        "optimisticRequests",
      ),
      emitLog("ShareAnswered", [idOf(n), SLOT, toXY(G), ves], n, 1, "optimisticRequests"),
    ];
    await temp.vault.follower().commit({ logs: optimistic(50), state: {} });
    expect(await create(3).refusalOf(request())).to.equal(undefined);
    expect(await create(2).refusalOf(request())).to.equal("REQUESTER_BUDGET");
  });
  it("0 answers nobody on chain", async () => {
    expect(await create(0).refusalOf(request())).to.equal("REQUESTER_BUDGET");
  });
  it("keeps the reserve", async () => {
    balance = 49n;
    expect(await create(9).refusalOf(request())).to.equal("BALANCE_RESERVE");
    balance = 50n;
    expect(await create(9).refusalOf(request())).to.equal(undefined);
  });
});
