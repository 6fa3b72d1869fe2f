import { interfaceOf } from "@keyquorum/bindings";
import { G, toXY, type VesAnswer } from "@keyquorum/threshold";
import { type RequestId, rankOf, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createMirroredRequests } from "../contracts/mirroredRequests.ts";
import { silentLogger } from "../report/logger.ts";
import type { Intent } from "../run/transactions.ts";
import type { KeyMaterial } from "../shares/keyMaterial.ts";
import { blockHash, createFakeChain, FAKE_ADDRESSES, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { answeredLog, EPOCH, movedByG, publishedLog, requestedLog, rightAnswer } from "../testing/optimisticRequest.ts";
import { createHeader, KEY_ID, KEY_SHARE, VERIFYING_SHARE } from "../testing/reader.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createAnswerRequest } from "./answerRequest.ts";
import { createPostedAnswers } from "./postedAnswers.ts";

const [PENDING, DISPUTABLE] = [1, 2];
const BLOCK = 10;
const SLOTS = [1, 2, 3, 4, 5];
const QUORUM = 3;
const header = createHeader();
const requestId = `0x${"4e".repeat(32)}` as RequestId;
const slotOfRank = (rank: number): number => SLOTS.find((slot) => rankOf(requestId, slot, SLOTS) === rank) ?? 0;

describe("createAnswerRequest: optimistic requests", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let posted: Intent[];
  let status: (block: number) => number;
  let answered: bigint;

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    [posted, status, answered] = [[], () => PENDING, 0n];
    chain.answers["optimisticRequests.statusOf"] = (_args, block) => [status(block)];
    chain.answers["optimisticRequests.requestOf"] = (_args, block) => [
      [KEY_ID, 1_900_000_000n, EPOCH, QUORUM, 0, false, 0, 0n, block === chain.head ? answered : 0n, 0n],
    ];
    chain.answers["keeperRegistry.committeeOf"] = () => [SLOTS.map((slot) => [slot, OPERATOR, toXY(G), toXY(G)])];
    const logs = [publishedLog(header), requestedLog(header, { requestId, blockNumber: BLOCK, deadline: 1_900_000_000n })];
    await temp.vault.follower().commit({ logs, state: {} });
  });
  afterEach(() => temp.remove());

  const create = (slot: number) => {
    const material: KeyMaterial = {
      ...{ keyId: KEY_ID, epoch: EPOCH, slot, slots: SLOTS },
      ...{ share: KEY_SHARE, verifyingShare: VERIFYING_SHARE, path: [ZERO_HASH], identityKey: G },
    };
    const handler = createAnswerRequest({
      requests: createMirroredRequests({ vault: temp.vault, contracts: fakeContracts() }),
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      contracts: fakeContracts(),
      service: { answer: async () => ({ body: "{}", answer: () => rightAnswer(header, requestId, slot).answer, header, material }) },
      transactions: { post: (intent) => posted.push(intent), isBusy: () => false, idle: async () => undefined },
      budget: { refusalOf: async () => undefined, giveBack: () => undefined },
      posted: createPostedAnswers({ vault: temp.vault, contracts: fakeContracts() }),
      slot: () => slot,
      stagingBlocks: 2,
      log: silentLogger,
    });
    return () => handler({ requestId, blockNumber: BLOCK, blockHash: blockHash(BLOCK) }, headsOf(chain));
  };
  /** Keepers of these ranks have posted answers; those of `lies` wrong ones. */
  const post = async (ranks: readonly number[], lies: Readonly<Record<number, (answer: VesAnswer) => object>> = {}): Promise<void> => {
    const logs = ranks.map((rank, index) => {
      const slot = slotOfRank(rank);
      answered |= 1n << BigInt(slot);
      return answeredLog(header, { requestId, slot, blockNumber: 15, logIndex: index }, lies[rank]);
    });
    await temp.vault.follower().commit({ logs, state: {} });
  };

  it("answers the contract that was asked, with the answer alone", async () => {
    const slot = slotOfRank(0);
    await create(slot)();
    expect(posted.map(({ id, to }) => [id, to])).to.deep.equal([[`answer:${requestId}`, FAKE_ADDRESSES.optimisticRequests]]);
    const [id, answer] = interfaceOf("optimisticRequests").decodeFunctionData("answer", posted[0]?.data ?? "0x");
    expect([id, answer.slot, answer.path.toArray()]).to.deep.equal([requestId, BigInt(slot), [ZERO_HASH]]);
    expect([answer.verifyingShare.x, answer.verifyingShare.y]).to.deep.equal([toXY(VERIFYING_SHARE).x, toXY(VERIFYING_SHARE).y]);
  });

  for (const [rank, blocks] of [
    [0, 0],
    [2, 0],
    [3, 2],
    [4, 4],
  ] as const)
    it(`rank ${rank} answers ${blocks} blocks later while too few have answered (D21)`, async () => {
      const attempt = create(slotOfRank(rank));
      await post([0, 1].filter((other) => other !== rank));
      for (let block = 0; block < blocks; block += 1) {
        await attempt();
        expect(posted).to.have.length(0);
        chain.head += 1;
      }
      await attempt();
      expect(posted).to.have.length(1);
    });

  it("rank 3 saves its gas while three right answers are there", async () => {
    const attempt = create(slotOfRank(3));
    await attempt();
    await post([0, 1, 2]);
    chain.head += 10;
    expect((await attempt()).kind).to.equal("wait");
    expect(posted).to.have.length(0);
  });

  const lies: Readonly<Record<string, (answer: VesAnswer) => object>> = {
    "moved by G": movedByG,
    "with a V that is no point": () => ({ v: { x: 5n, y: 5n } }),
    "with a K that is infinite": () => ({ k: { x: 0n, y: 0n } }),
    "with a challenge of zero": () => ({ c: 0n }),
    "with a response above n": () => ({ zs: 2n ** 256n - 1n }),
  };
  for (const [what, lie] of Object.entries(lies))
    it(`a wrong answer serves nobody: rank 3 answers when one of three is ${what}`, async () => {
      const attempt = create(slotOfRank(3));
      await attempt();
      await post([0, 1, 2], { 1: lie });
      chain.head += 2;
      await attempt();
      expect(posted).to.have.length(1);
    });

  it("is done after the deadline, when that is final", async () => {
    status = (block) => (block === chain.head ? DISPUTABLE : PENDING);
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "wait" });
    status = () => DISPUTABLE;
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "done" });
    expect(posted).to.have.length(0);
  });
});
