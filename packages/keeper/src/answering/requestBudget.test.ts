import { G, toXY } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Hash32, parseAddress, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { blockHash, emitLog, fakeContracts } from "../testing/fakeChain.ts";
import { bob, mallory } from "../testing/reader.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { type Budgeted, createRequestBudget, type RequestBudget } from "./requestBudget.ts";

const SLOT = 4;
const NOW = 1_900_000_000n;
const ves = { k: toXY(G), v: toXY(G), c: 1n, zs: 1n, zk: 1n };
const idOf = (n: number): RequestId => blockHash(0xaaa000 + n) as Hash32 as RequestId;

const DOCUMENT = blockHash(0xd0c);
const ALICE = parseAddress(`0x${"a1".repeat(20)}`);

describe("createRequestBudget (D35)", () => {
  let temp: TempVault;
  let time = 0;
  let balance = 100n;
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    balance = 100n;
    time = 0;
  });
  afterEach(() => temp.remove());

  type Limits = Partial<Pick<Parameters<typeof createRequestBudget>[0], "answersPerOwnerPerDay" | "answersPerDay" | "freeAnswersPerDay">>;
  const create = (answersPerRequesterPerDay: number, limits: Limits = {}, logs: Vault["logs"] = temp.vault.logs) =>
    createRequestBudget({
      vault: { logs },
      contracts: fakeContracts(),
      slot: () => SLOT,
      balance: async () => balance,
      balanceReserveWei: 50n,
      answersPerRequesterPerDay,
      ...{ answersPerOwnerPerDay: 1_000, answersPerDay: 1_000, freeAnswersPerDay: 1_000, ...limits },
      clock: { now: () => time, sleep: async () => undefined },
    });
  const ask = (n: number, changes: Partial<Budgeted> = {}): Budgeted => ({
    requestId: idOf(n),
    requester: parseAddress(bob.address),
    owner: ALICE,
    deadline: NOW,
    isPaid: false,
    ...changes,
  });
  const anybody = (n: number) => parseAddress(`0x${n.toString(16).padStart(40, "0")}`);
  const askAll = async (budget: RequestBudget, asked: readonly Budgeted[]) => {
    const refusals: unknown[] = [];
    for (const request of asked) refusals.push(await budget.refusalOf(request));
    return refusals;
  };
  const published = () =>
    emitLog(
      "DocumentPublished",
      [DOCUMENT, ALICE, ZERO_HASH, 1, ZERO_HASH, ALICE, ZERO_HASH, { u: toXY(G), uBar: toXY(G), e: 1n, f: 1n }, "0x"],
      0,
      9,
    );
  /** Requests of Bob's, each with whether this keeper answered it. */
  const mirror = (
    requests: readonly { readonly age: bigint; readonly isAnswered: boolean; readonly slot?: number }[],
    contract: "shareRequests" | "optimisticRequests" = "shareRequests",
    first = 100,
  ): Promise<void> => {
    const logs = requests.flatMap(({ age, isAnswered, slot = SLOT }, index) => {
      const [n, block] = [first + index, first + index];
      const asked = [idOf(n), DOCUMENT, bob.address, n, ZERO_HASH, 1, ZERO_HASH, toXY(G), ZERO_HASH, NOW - age];
      return [
        emitLog("SharesRequested", asked, block, 0, contract),
        ...(isAnswered ? [emitLog("ShareAnswered", [idOf(n), slot, toXY(G), ves], block, 1, contract)] : []),
      ];
    });
    return temp.vault.follower().commit({ logs, state: {} });
  };
  const [ANSWERED, OPEN] = [
    { age: 0n, isAnswered: true },
    { age: 0n, isAnswered: false },
  ];

  it("allows a requester its budget, and no more, before any answer is on chain", async () => {
    const budget = create(2);
    const refusals = await askAll(budget, [ask(0), ask(1), ask(2), ask(0)]);
    expect(refusals).to.deep.equal([undefined, undefined, "REQUESTER_BUDGET", undefined]);
    expect(await budget.refusalOf(ask(3, { requester: parseAddress(mallory.address) })), "each requester apart").to.equal(undefined);
  });
  it("counts what this keeper answered before it was restarted, of both contracts, and nothing else", async () => {
    await mirror([ANSWERED, { ...ANSWERED, slot: 5 }, OPEN, OPEN]);
    expect(await askAll(create(2), [ask(0), ask(1)])).to.deep.equal([undefined, "REQUESTER_BUDGET"]);
    await mirror([ANSWERED], "optimisticRequests", 200);
    expect(await create(2).refusalOf(ask(0))).to.equal("REQUESTER_BUDGET");
  });
  it("counts only the last day", async () => {
    await mirror([
      { ...ANSWERED, age: 86_400n },
      { ...ANSWERED, age: 86_399n },
    ]);
    const budget = create(2);
    expect(await askAll(budget, [ask(0), ask(1)])).to.deep.equal([undefined, "REQUESTER_BUDGET"]);
    expect(await budget.refusalOf(ask(1, { deadline: NOW + 1n }))).to.equal(undefined);
  });
  it("counts an answer once, however it is seen", async () => {
    const budget = create(2);
    expect(await budget.refusalOf(ask(100))).to.equal(undefined);
    await mirror([ANSWERED]); // request 100
    time += 60_000;
    expect(await askAll(budget, [ask(1), ask(2)])).to.deep.equal([undefined, "REQUESTER_BUDGET"]);
  });
  it("does not count what was refused after all", async () => {
    const budget = create(1);
    await budget.refusalOf(ask(0));
    budget.giveBack(idOf(0));
    expect(await budget.refusalOf(ask(1))).to.equal(undefined);
  });
  it("looks into the logs once in a while, and only at what is new, however many requests wait", async () => {
    await temp.vault.follower().commit({ logs: [published()], state: {} });
    await mirror(Array.from({ length: 50 }, () => ANSWERED));
    let looks = 0;
    const { logs } = temp.vault;
    const find: typeof logs.find = (filter) => {
      looks += 1;
      return logs.find(filter);
    };
    const budget = create(1_000, {}, { ...logs, find });
    await askAll(
      budget,
      Array.from({ length: 50 }, (_, n) => ask(n)),
    );
    expect(looks, "twice for each contract, and two for each answer").to.equal(4 + 2 * 50);
    time += 60_000;
    await budget.refusalOf(ask(0));
    expect(looks, "and then only the newest block's").to.equal(4 + 2 * 50 + 4 + 2);
  });
  it("one owner with many addresses does not drain a keeper", async () => {
    const budget = create(1_000, { answersPerOwnerPerDay: 3 });
    const many = Array.from({ length: 5 }, (_, n) => ask(n, { requester: anybody(n + 1) }));
    expect(await askAll(budget, many)).to.deep.equal([undefined, undefined, undefined, "OWNER_BUDGET", "OWNER_BUDGET"]);
    expect(await budget.refusalOf(ask(9, { owner: anybody(77) })), "another owner's document").to.equal(undefined);
  });
  it("counts an owner's answers before a restart, by the published document", async () => {
    await temp.vault.follower().commit({ logs: [published()], state: {} });
    await mirror([ANSWERED, ANSWERED]);
    expect(await create(9, { answersPerOwnerPerDay: 2 }).refusalOf(ask(0, { requester: anybody(1) }))).to.equal("OWNER_BUDGET");
  });
  it("many owners with many addresses are bounded by the total", async () => {
    const many = Array.from({ length: 4 }, (_, n) => ask(n, { requester: anybody(n + 1), owner: anybody(n + 50) }));
    const refusals = await askAll(create(1_000, { answersPerDay: 3 }), many);
    expect(refusals).to.deep.equal([undefined, undefined, undefined, "TOTAL_BUDGET"]);
  });
  it("requests that pay nothing leave room for those that pay", async () => {
    const budget = create(1_000, { answersPerDay: 3, freeAnswersPerDay: 2 });
    const paid = (n: number) => ask(n, { isPaid: true });
    expect(await askAll(budget, [ask(0), ask(1), ask(2), paid(3), paid(4)])).to.deep.equal([
      ...[undefined, undefined, "TOTAL_BUDGET", undefined, "TOTAL_BUDGET"],
    ]);
  });
  it("after a restart, what was paid for does not count as free: the price was the request's, not today's", async () => {
    const price = (wei: bigint, block: number, contract: "shareRequests" | "optimisticRequests" = "shareRequests") =>
      emitLog("PriceChanged", [wei], block, 5, contract);
    await mirror([ANSWERED, ANSWERED, ANSWERED, ANSWERED]); // in blocks 100 to 103
    await mirror([ANSWERED], "optimisticRequests", 200);
    await temp.vault.follower().commit({ logs: [price(7n, 100), price(0n, 102), price(9n, 150)], state: {} });
    const freeOnes = 3; // 100 was asked for before the first price, 103 after it was 0 again, and 200 of the contract that costs nothing
    expect(await create(9, { freeAnswersPerDay: freeOnes }).refusalOf(ask(0))).to.equal("TOTAL_BUDGET");
    expect(await create(9, { freeAnswersPerDay: freeOnes + 1 }).refusalOf(ask(0))).to.equal(undefined);
  });
  it("0 answers nobody on chain", async () => {
    expect(await create(0).refusalOf(ask(0))).to.equal("REQUESTER_BUDGET");
  });
  it("keeps the reserve, and twice of it from requests that pay nothing", async () => {
    const outcomes = async (wei: bigint) => {
      balance = wei;
      return askAll(create(9), [ask(0), ask(1, { isPaid: true })]);
    };
    expect(await outcomes(49n)).to.deep.equal(["BALANCE_RESERVE", "BALANCE_RESERVE"]);
    expect(await outcomes(50n)).to.deep.equal(["BALANCE_RESERVE", undefined]);
    expect(await outcomes(99n)).to.deep.equal(["BALANCE_RESERVE", undefined]);
    expect(await outcomes(100n)).to.deep.equal([undefined, undefined]);
  });
});
