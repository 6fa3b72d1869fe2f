import { interfaceOf } from "@keyquorum/bindings";
import type { SenderRecord } from "@keyquorum/chain";
import { toXY, type VesAnswer } from "@keyquorum/threshold";
import type { MirroredLog } from "@keyquorum/vault";
import { type RequestId, rankOf } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createMirroredRequests } from "../contracts/mirroredRequests.ts";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import type { Intent } from "../run/transactions.ts";
import { blockHash, createFakeChain, emitLog, FAKE_ADDRESSES, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { answeredLog, EPOCH, movedByG, publishedLog, requestedLog } from "../testing/optimisticRequest.ts";
import { createHeader, KEY_ID } from "../testing/reader.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createChallengeBudget } from "./challengeBudget.ts";
import { createChallengeLies } from "./challengeLies.ts";
import { createPostedAnswers } from "./postedAnswers.ts";

const [UNKNOWN, PENDING] = [0, 1];
const SLOTS = [1, 2, 3, 4, 5];
const [BLOCK, WINDOW, STAGING] = [10, 60, 2];
/** Seconds after which a request is looked at again without news. */
const AGAIN = Math.floor(WINDOW / 8);
const DAY = 86_400_000;
const GAS = 130_000n;
const NO_POINT = { x: 0n, y: 0n };
const GWEI = 1_000_000_000n;
const header = createHeader();
const idOf = (number: number): RequestId => `0x${number.toString(16).padStart(64, "4e")}` as RequestId;

describe("createChallengeLies: the plaintiff of optimistic mode (D63)", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let now: number;
  let fee: bigint;
  let quorum: number;
  let deadline: bigint;
  let metrics: ReturnType<typeof createMetrics>;
  /** Per log, so that no two stand at one place. */
  let logIndex: number;
  let mirrored: MirroredLog[];
  let others: TempVault[];

  beforeEach(async () => {
    [now, fee, quorum, logIndex, mirrored, others] = [5 * DAY, 0n, 3, 100, [], []];
    temp = await createTempVault(() => now);
    chain = createFakeChain();
    metrics = createMetrics({ version: "test", processMetrics: false });
    deadline = BigInt(chain.genesisTime + 100);
    chain.answers["optimisticRequests.statusOf"] = () => [PENDING];
    chain.answers["optimisticRequests.challengeWindow"] = () => [BigInt(WINDOW)];
    chain.answers["optimisticRequests.requestOf"] = () => [[KEY_ID, deadline, EPOCH, quorum, 0, false, 0, fee, 0n, 0n]];
    chain.answers["keeperRegistry.committeeOf"] = () => [
      SLOTS.map((slot) => [slot, OPERATOR, toXY(header.ciphertext.u), toXY(header.ciphertext.u)]),
    ];
    await mirror(publishedLog(header));
  });
  afterEach(async () => {
    for (const { remove } of [temp, ...others]) await remove();
  });

  const mirror = async (...logs: readonly MirroredLog[]): Promise<void> => {
    mirrored.push(...logs);
    await temp.vault.follower().commit({ logs, state: {} });
  };
  const request = async (requestId = idOf(1)): Promise<RequestId> => {
    await mirror(requestedLog(header, { requestId, blockNumber: BLOCK, deadline, logIndex: logIndex++ }));
    return requestId;
  };
  /** Keepers answer in this order; those of `liars` wrongly. */
  const answer = async (
    requestId: RequestId,
    order: readonly number[],
    liars: readonly number[],
    lie: (answer: VesAnswer) => object = movedByG,
  ): Promise<void> =>
    mirror(
      ...order.map((slot) => {
        const at = { requestId, slot, blockNumber: 12, logIndex: logIndex++ };
        return answeredLog(header, at, liars.includes(slot) ? lie : undefined);
      }),
    );
  /** Words that are no answer: cheap to make, and to find wrong. */
  const malformed = (requestId: RequestId, slot: number): MirroredLog => {
    const words = [toXY(header.ciphertext.u), { k: NO_POINT, v: NO_POINT, c: 0n, zs: 0n, zk: 0n }];
    return emitLog("ShareAnswered", [requestId, slot, ...words], 12, logIndex++, "optimisticRequests");
  };
  const disprove = (requestId: RequestId, slot: number, blockNumber = 13) =>
    mirror(emitLog("AnswerDisproved", [requestId, slot, OPERATOR], blockNumber, logIndex++));

  type KeeperOptions = { gasPerDay?: number; reserve?: bigint; gas?: () => bigint | undefined; of?: TempVault; onRead?: () => void };
  /** A keeper with a vault of its own, which has mirrored what all have. */
  const startApart = async (own: number) => {
    const of = await createTempVault(() => now);
    others.push(of);
    await of.vault.follower().commit({ logs: mirrored, state: {} });
    return start(own, { of });
  };
  /** A keeper as it is after a start. `sent`: what it sent in this life. */
  const start = (own: number, options: KeeperOptions = {}) => {
    const { gasPerDay = 1_000_000, reserve = 0n, gas = () => GAS, of = temp, onRead = () => undefined } = options;
    const sent: Intent[] = [];
    const contracts = fakeContracts();
    const find: typeof of.vault.logs.find = (filter) => {
      onRead();
      return of.vault.logs.find(filter);
    };
    const vault = { ...of.vault, logs: { ...of.vault.logs, find } };
    const handler = createChallengeLies({
      vault,
      requests: createMirroredRequests({ vault, contracts }),
      reader: createChainReader({ rpc: chain.rpc, contracts }),
      contracts,
      posted: createPostedAnswers({ vault, contracts }),
      transactions: {
        post: (intent) => sent.push(intent),
        isBusy: (id) => sent.some((intent) => intent.id === id),
        idle: async () => undefined,
      },
      budget: createChallengeBudget({
        vault: of.vault,
        balance: async () => chain.balance,
        balanceReserveWei: reserve,
        challengeGasPerLiarPerDay: gasPerDay,
        clock: { now: () => now, sleep: async () => undefined },
      }),
      costOf: async () => {
        const gasLimit = gas();
        return gasLimit === undefined ? undefined : { gasLimit, gasPrice: GWEI };
      },
      slot: () => own,
      stagingBlocks: STAGING,
      log: silentLogger,
      metrics,
    });
    const attempt = (requestId = idOf(1), heads = headsOf(chain)) =>
      handler({ requestId, blockNumber: BLOCK, blockHash: blockHash(BLOCK) }, heads);
    const ids = (): readonly string[] => sent.map(({ id }) => id);
    return { attempt, sent, ids };
  };
  const rankIn = (slots: readonly number[], rank: number): number => slots.find((slot) => rankOf(idOf(1), slot, slots) === rank) ?? 0;
  const challenged = (slot: number): string => `challenge:${idOf(1)}:${slot}`;

  it("two liars answer first: each displaced keeper challenges one of them at once, and nobody else anything", async () => {
    await answer(await request(), [4, 5, 1, 2, 3], [4, 5]);
    const keepers = await Promise.all(SLOTS.map(startApart));
    for (const { attempt } of keepers) await attempt();
    expect(keepers.filter(({ sent }) => sent.length === 1)).to.have.length(2);
    const sent = keepers.flatMap(({ ids }) => ids());
    expect([...sent].sort()).to.deep.equal([challenged(4), challenged(5)]);
    for (const index of [0, 3, 4]) expect(keepers[index]?.sent, `slot ${index + 1}`).to.have.length(0);
    const intent = keepers[1]?.sent[0];
    expect([intent?.to, intent?.kind, intent?.gasLimit]).to.deep.equal([FAKE_ADDRESSES.optimisticRequests, "challenge", GAS]);
    const [id, statement, challenge] = interfaceOf("optimisticRequests").decodeFunctionData("challenge", intent?.data ?? "0x");
    expect([id, statement.document, intent?.id]).to.deep.equal([idOf(1), header.document, challenged(Number(challenge.slot))]);
    const { registry } = metrics;
    expect(await registry.metrics())
      .to.include('keeper_wrong_answers_total{slot="4"}')
      .and.include('keeper_challenges_total{from="budget"} 2');
  });

  it("where the other one does not act, the next takes its lie over a step later (D21)", async () => {
    await answer(await request(), [4, 5, 1, 2, 3], [4, 5]);
    const second = start(3); // its answer is paid when both lies are disproved
    await second.attempt();
    const first = Number(second.ids()[0]?.split(":")[2]);
    await disprove(idOf(1), first);
    await second.attempt();
    expect(second.sent).to.have.length(1);
    chain.head += STAGING;
    await second.attempt();
    expect(second.ids()).to.deep.equal([challenged(first), challenged(first === 4 ? 5 : 4)]);
  });

  it("is done when its own answer is paid: lies behind that cost it nothing", async () => {
    await answer(await request(), [4, 5, 1, 2], [4, 5]);
    const { attempt, sent } = start(2);
    await attempt();
    await attempt();
    expect(sent, "one at a time").to.have.length(1);
    await disprove(idOf(1), Number(sent[0]?.id.split(":")[2]));
    chain.head += 10;
    await attempt();
    expect(sent).to.have.length(1);
  });

  it("convicts what is not an answer at all", async () => {
    await answer(await request(), [4, 1, 2, 3], [4], () => ({ k: { x: 0n, y: 0n }, c: 0n }));
    const { attempt, ids } = start(3);
    await attempt();
    expect(ids()).to.deep.equal([challenged(4)]);
  });

  it("challenges an answer once: not again after a restart, nor after the transaction failed on chain", async () => {
    await answer(await request(), [4, 1, 2, 3], [4]);
    const before = start(3, { gasPerDay: Number(GAS) });
    for (let times = 0; times < 3; times += 1) await before.attempt();
    expect(before.ids()).to.deep.equal([challenged(4)]);

    await temp.reopen();
    const after = start(3, { gasPerDay: Number(GAS) });
    await after.attempt();
    expect(after.ids(), "the same transaction continues, though the budget is used up").to.deep.equal([challenged(4)]);
    expect(await temp.vault.challenges.of(idOf(1))).to.have.length(1);

    const reverted = { receipt: { status: "reverted" } } as SenderRecord; // no more of it matters here
    await temp.vault.outbox.save({ id: challenged(4), kind: "challenge", subject: `${idOf(1)}:4`, entry: reverted });
    const third = start(3);
    for (let times = 0; times < 3; times += 1) await third.attempt();
    expect(third.sent).to.have.length(0);
    expect((await temp.vault.challenges.of(idOf(1)))[0]?.givenUp).to.equal(true);
  });

  it("a challenge that was withdrawn is not sent again", async () => {
    await answer(await request(), [4, 1, 2, 3], [4]);
    await start(3).attempt();
    await temp.vault.challenges.giveUp({ requestId: idOf(1), slot: 4 });
    const { attempt, sent } = start(3);
    await attempt();
    expect(sent).to.have.length(0);
  });

  it("sends nothing, and books nothing, where the contract would refuse it", async () => {
    await answer(await request(), [4, 1, 2, 3], [4]);
    const { attempt, sent } = start(3, { gas: () => undefined });
    await attempt();
    expect([sent, await temp.vault.challenges.of(idOf(1))]).to.deep.equal([[], []]);
  });

  describe("requests of which there is nothing to challenge", () => {
    const MANY = Array.from({ length: 50 }, (_, index) => idOf(100 + index));
    const [FIRST, SECOND] = MANY as [RequestId, RequestId];
    let reads: number;
    beforeEach(() => {
      reads = 0;
    });
    const quietOnes = async (own: number) => {
      for (const id of MANY) await request(id);
      await mirror(...MANY.flatMap((id) => [3, 1, 2].map((slot) => malformed(id, slot))));
      const keeper = start(own, { onRead: () => (reads += 1) });
      const round = async (): Promise<number> => {
        const before = reads;
        const heads = headsOf(chain);
        await Promise.all(MANY.map((id) => keeper.attempt(id, heads)));
        return reads - before;
      };
      expect(await round(), "every one at first").to.be.greaterThan(3 * MANY.length);
      return { ...keeper, round };
    };

    it("cost two reads a round, however many there are", async () => {
      const { round } = await quietOnes(3);
      for (let times = 0; times < 5; times += 1) {
        chain.head += 1;
        expect(await round()).to.equal(2);
      }
    });
    it("are looked at when an answer or a conviction comes, is reorganised away or becomes final, and no other is", async () => {
      const { attempt, round } = await quietOnes(3);
      const looks = async (): Promise<readonly boolean[]> => {
        const heads = headsOf(chain);
        await attempt(MANY[2], heads); // reads the round's news
        const one = async (id: RequestId): Promise<boolean> => {
          const before = reads;
          await attempt(id, heads);
          return reads > before;
        };
        return [await one(FIRST), await one(SECOND)];
      };
      await disprove(FIRST, 1, chain.head);
      expect(await looks()).to.deep.equal([true, false]);
      expect(await looks()).to.deep.equal([false, false]);
      await temp.vault.follower().rollback(chain.head - 1, {});
      expect(await looks(), "reorganised away").to.deep.equal([true, false]);
      await mirror(emitLog("AnswerDisproved", [SECOND, 2, OPERATOR], chain.head, logIndex++));
      expect(await looks()).to.deep.equal([false, true]);
      chain.head += chain.finalLag;
      expect(await looks(), "final").to.deep.equal([false, true]);
      expect(await round()).to.equal(2);
    });
    it("are looked at when news became final before it was read", async () => {
      const { round } = await quietOnes(3);
      chain.head += 1;
      await round();
      await disprove(FIRST, 1, chain.head + 1);
      chain.head += 1 + chain.finalLag;
      expect(await round()).to.be.greaterThan(2);
    });
    it("are looked at when the deadline passes, and so often while a window lasts", async () => {
      const { round } = await quietOnes(3);
      chain.head += AGAIN - 1;
      expect(await round()).to.equal(2);
      chain.head += 1;
      expect(await round()).to.be.greaterThan(3 * MANY.length);
      chain.head = 100;
      await round();
      expect(await round()).to.equal(2);
      chain.head = 101;
      expect(await round()).to.be.greaterThan(3 * MANY.length);
    });
  });

  describe("money", () => {
    it("a fee above the gas pays for it: neither budget nor reserve keeps it from being sent", async () => {
      fee = GAS * GWEI + 1n;
      await answer(await request(), [4, 1, 2, 3], [4]);
      const { attempt, sent } = start(3, { gasPerDay: 0, reserve: 10n ** 30n });
      await attempt();
      expect(sent).to.have.length(1);
    });
    it("a fee that is no more than the gas does not: the budget must", async () => {
      fee = GAS * GWEI;
      await answer(await request(), [4, 1, 2, 3], [4]);
      const without = start(3, { gasPerDay: Number(GAS) - 1 });
      await without.attempt();
      expect(without.sent).to.have.length(0);
      expect(await metrics.registry.metrics()).to.include('keeper_challenges_withheld_total{reason="LIAR_BUDGET"} 1');
      const within = start(3, { gasPerDay: Number(GAS) });
      await within.attempt();
      expect(within.sent).to.have.length(1);
    });
    it("a fee is regained once: it bears all challenges of a request together", async () => {
      fee = GAS * GWEI + 1n;
      await answer(await request(), [4, 5, 1, 2, 3], [4, 5]);
      const { attempt, sent } = start(3, { gasPerDay: 0 });
      await attempt();
      await disprove(idOf(1), Number(sent[0]?.id.split(":")[2]));
      chain.head += STAGING;
      await attempt();
      expect(sent).to.have.length(1);
    });
    it("nothing leaves at the balance reserve", async () => {
      await answer(await request(), [4, 1, 2, 3], [4]);
      const { attempt, sent } = start(3, { reserve: chain.balance - GAS * GWEI + 1n });
      await attempt();
      expect(sent).to.have.length(0);
      const rich = start(3, { reserve: chain.balance - GAS * GWEI });
      await rich.attempt();
      expect(rich.sent).to.have.length(1);
    });
    it("at price 0 a hundred lies cost no more than the budget per liar and day, through restarts", async () => {
      const [gasPerDay, liars] = [5 * Number(GAS) + 1, [4, 5]];
      let spent = 0n;
      quorum = 1;
      const lie = async (first: number, times: number): Promise<void> => {
        const numbers = Array.from({ length: times }, (_, index) => first + index);
        const liarOf = (number: number): number => liars[number % 2] as number; // two of them
        const logsOf = (number: number): readonly MirroredLog[] => {
          const [requestId, blockNumber] = [idOf(number), 12];
          return [
            requestedLog(header, { requestId, blockNumber: BLOCK, deadline, logIndex: logIndex++ }),
            malformed(requestId, liarOf(number)),
            answeredLog(header, { requestId, slot: 3, blockNumber, logIndex: logIndex++ }),
          ];
        };
        await mirror(...numbers.flatMap(logsOf));
        for (const number of numbers) {
          if (number % 40 === 0) await temp.reopen();
          const { attempt, sent } = start(3, { gasPerDay });
          await attempt(idOf(number));
          for (const intent of sent) spent += intent.gasLimit ?? 0n;
        }
      };
      await lie(100, 100);
      expect(spent, "five for each of two liars").to.equal(10n * GAS);
      now += DAY - 1;
      await lie(200, 4);
      expect(spent).to.equal(10n * GAS);
      now += 1;
      await lie(300, 14);
      expect(spent, "a day later").to.equal(20n * GAS);
    });
    it("challenges side by side do not exceed the budget together", async () => {
      const requests = [idOf(1), idOf(2), idOf(3)];
      for (const id of requests) await answer(await request(id), [4, 1, 2, 3], [4]);
      const { attempt, sent } = start(3, { gasPerDay: 2 * Number(GAS) });
      await Promise.all(requests.map((id) => attempt(id)));
      expect(sent).to.have.length(2);
    });
  });

  describe("time and reorganisations", () => {
    it("after the deadline, where too few right answers came, a member that did not answer challenges from its budget, by rank", async () => {
      await answer(await request(), [4, 1, 2], [4]);
      const silent = [3, 5];
      const [first, second] = [await startApart(rankIn(silent, 0)), await startApart(rankIn(silent, 1))];
      for (const { attempt } of [first, second]) await attempt();
      expect([first.sent, second.sent]).to.deep.equal([[], []]);
      chain.head = 101;
      for (const { attempt } of [first, second]) await attempt();
      expect([first.ids(), second.ids()]).to.deep.equal([[challenged(4)], []]);
      chain.head += STAGING;
      await second.attempt();
      expect(second.ids()).to.deep.equal([challenged(4)]);
    });
    it("until the window is over, and not a second longer", async () => {
      await answer(await request(), [4, 1, 2, 3], [4]);
      chain.head = 100 + WINDOW + 1;
      const late = start(3);
      expect((await late.attempt()).kind).to.equal("wait");
      expect(late.sent).to.have.length(0);
      chain.head -= 1;
      await late.attempt();
      expect(late.sent).to.have.length(1);
    });
    it("is done when the window is over in the final block, or the deadline and nothing stands that it would challenge", async () => {
      await answer(await request(), [4, 1, 2, 3], [4]);
      const [paid, displaced] = [start(1), start(3)];
      chain.head = 100 + chain.finalLag;
      expect((await paid.attempt()).kind).to.equal("wait");
      chain.head += 1;
      expect((await paid.attempt()).kind).to.equal("done");
      expect((await displaced.attempt()).kind).to.equal("wait");
      await disprove(idOf(1), 4, chain.head);
      expect((await displaced.attempt()).kind, "the conviction is not final").to.equal("wait");
      chain.head += chain.finalLag;
      expect((await displaced.attempt()).kind).to.equal("done");
      chain.head = 100 + WINDOW + 1 + chain.finalLag;
      expect((await start(3).attempt()).kind).to.equal("done");
    });
    it("nothing of a request, or an answer, that was reorganised away", async () => {
      await answer(await request(), [4, 1, 2, 3], [4]);
      await temp.vault.follower().rollback(11, {});
      const { attempt, sent } = start(3);
      expect((await attempt()).kind).to.equal("wait");
      await temp.vault.follower().rollback(9, {});
      chain.head += AGAIN; // a final block's is no news
      expect((await attempt()).kind).to.equal("done");
      expect(sent).to.have.length(0);
    });
    it("nothing while the node does not know the request yet", async () => {
      await answer(await request(), [4, 1, 2, 3], [4]);
      chain.answers["optimisticRequests.statusOf"] = () => [UNKNOWN];
      const { attempt, sent } = start(3);
      expect((await attempt()).kind).to.equal("wait");
      expect(sent).to.have.length(0);
    });
  });
});
