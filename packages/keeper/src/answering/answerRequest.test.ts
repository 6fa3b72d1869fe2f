import { interfaceOf } from "@keyquorum/bindings";
import { encodePoint, encryptShare, G, pointFromXY, secureRandom, toXY } from "@keyquorum/threshold";
import { headerHashOf, headerRestOf, KeyquorumError, parseAddress, type RequestId, rankOf, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createMirroredRequests } from "../contracts/mirroredRequests.ts";
import { silentLogger } from "../report/logger.ts";
import type { Intent } from "../run/transactions.ts";
import type { KeyMaterial } from "../shares/keyMaterial.ts";
import { blockHash, createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { bob, createHeader, KEY_ID, KEY_SHARE, VERIFYING_SHARE } from "../testing/reader.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createAnswerRequest } from "./answerRequest.ts";
import type { AnswerService } from "./answerService.ts";
import type { Budgeted, RequestBudget } from "./requestBudget.ts";

const [PENDING, SERVED] = [1, 2];
const BLOCK = 10;
const SLOTS = [1, 2, 3, 4, 5];
const QUORUM = 3;
const header = createHeader();
const READER_KEY = G.multiply(77n);
const requestId = `0x${"4e".repeat(32)}` as RequestId;
const work = { requestId, blockNumber: BLOCK, blockHash: blockHash(BLOCK) };
const zeroAddress = `0x${"00".repeat(20)}`;

describe("createAnswerRequest", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let posted: Intent[];
  let asked: number;
  let refusal: KeyquorumError | undefined;
  let budget: Awaited<ReturnType<RequestBudget["refusalOf"]>>;
  let status: (block: number) => number;
  let answered: (block: number) => bigint;
  let isBusy: boolean;
  let givenBack: RequestId[];
  let budgeted: Budgeted[];
  let fee: bigint;

  beforeEach(async () => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    [posted, asked, refusal, budget, status, answered, isBusy] = [[], 0, undefined, undefined, () => PENDING, () => 0n, false];
    [givenBack, budgeted, fee] = [[], [], 0n];
    chain.answers["shareRequests.statusOf"] = (_args, block) => [status(block)];
    chain.answers["shareRequests.requestOf"] = (_args, block) => [[KEY_ID, 1_900_000_000n, 1, QUORUM, 0, fee, false, answered(block)]];
    chain.answers["keeperRegistry.committeeOf"] = () => [SLOTS.map((slot) => [slot, OPERATOR, toXY(G), toXY(G)])];
    const logs = [
      emitLog(
        "DocumentPublished",
        [
          header.document,
          header.owner,
          header.keyId,
          1,
          header.salt,
          header.initialPermissions,
          headerHashOf(header),
          ciphertext(),
          "0x0155",
        ],
        5,
      ),
      emitLog(
        "SharesRequested",
        [requestId, header.document, bob.address, 1, KEY_ID, 1, headerHashOf(header), toXY(READER_KEY), ZERO_HASH, 1_900_000_000n],
        BLOCK,
      ),
    ];
    await temp.vault.follower().commit({ logs, state: {} });
  });
  afterEach(() => temp.remove());

  const ciphertext = () => {
    const { u, uBar, e, f } = header.ciphertext;
    return { u: toXY(u), uBar: toXY(uBar), e, f };
  };
  const material = (slot: number): KeyMaterial => ({
    keyId: KEY_ID,
    epoch: 1,
    slot,
    share: KEY_SHARE,
    verifyingShare: VERIFYING_SHARE,
    path: [ZERO_HASH],
    identityKey: G,
    slots: SLOTS,
  });
  const service = (slot: number): Pick<AnswerService, "answer"> => ({
    answer: async ({ request, header: given }) => {
      asked += 1;
      if (refusal !== undefined) throw refusal;
      expect([request.channel, request.epoch, parseAddress(request.requester)]).to.deep.equal(["chain", 1, parseAddress(bob.address)]);
      const answer = encryptShare(
        { share: KEY_SHARE, u: given.ciphertext.u, readerKey: READER_KEY, context: new Uint8Array(32), nonceKey: new Uint8Array(32) },
        secureRandom,
      );
      return { body: "{}", answer: () => answer, header: given, material: material(slot) };
    },
  });
  const create = (slot: number) => {
    const refusalOf: RequestBudget["refusalOf"] = async (request) => {
      budgeted.push(request);
      return budget;
    };
    const handler = createAnswerRequest({
      requests: createMirroredRequests({ vault: temp.vault, contracts: fakeContracts() }),
      reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }),
      contracts: fakeContracts(),
      service: service(slot),
      transactions: { post: (intent) => posted.push(intent), isBusy: () => isBusy, idle: async () => undefined },
      budget: { refusalOf, giveBack: (id) => void givenBack.push(id) },
      posted: { list: async () => [], forget: () => undefined },
      slot: () => slot,
      stagingBlocks: 2,
      log: silentLogger,
    });
    return () => handler(work, headsOf(chain));
  };
  const slotOfRank = (rank: number): number => SLOTS.find((slot) => rankOf(requestId, slot, SLOTS) === rank) ?? 0;

  it("answers with everything that the contract checks", async () => {
    const slot = slotOfRank(0);
    expect(await create(slot)()).to.deep.equal({ kind: "wait" });
    const [id, statement, answer] = interfaceOf("shareRequests").decodeFunctionData("answer", posted[0]?.data ?? "0x");
    expect([id, statement.number, statement.document, statement.headerHash, statement.contextHash]).to.deep.equal([
      requestId,
      1n,
      header.document,
      headerHashOf(header),
      ZERO_HASH,
    ]);
    expect(encodePoint(pointFromXY(statement.readerKey.x, statement.readerKey.y))).to.deep.equal(encodePoint(READER_KEY));
    expect([answer.slot, answer.headerRest, answer.path.toArray()]).to.deep.equal([BigInt(slot), headerRestOf(header), [ZERO_HASH]]);
  });

  it("asks nothing about a request whose deadline a final block is past, and is done", async () => {
    const handle = create(slotOfRank(0));
    const { head, finalLag } = chain;
    chain.genesisTime = 1_900_000_000 - (head - finalLag);
    expect(await handle(), "the last second").to.deep.equal({ kind: "wait" });
    expect([posted.length, asked]).to.deep.equal([1, 1]);
    chain.calls.length = 0;
    chain.genesisTime += 1;
    expect(await handle()).to.deep.equal({ kind: "done" });
    expect([posted.length, asked, chain.calls]).to.deep.equal([1, 1, []]);
  });

  it("does not answer where its account of the request's epoch was revoked as stolen, and is done when that is final", async () => {
    const slot = slotOfRank(0);
    const absentAt = (isThere: (block: number) => boolean) => {
      chain.answers["keeperRegistry.absentIn"] = ([epoch, slots], block) => [
        epoch === 1n && isThere(block) ? (slots as bigint) & (1n << BigInt(slot)) : 0n,
      ];
    };
    absentAt((block) => block === chain.head);
    expect((await create(slot)()).kind).to.equal("wait");
    absentAt(() => true);
    expect(await create(slot)()).to.deep.equal({ kind: "done" });
    expect([asked, posted.length]).to.deep.equal([0, 0]);
  });

  it("waits until SharesRequested is final", async () => {
    chain.head = BLOCK + chain.finalLag - 1;
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "wait" });
    expect(asked).to.equal(0);
    chain.head += 1;
    await create(slotOfRank(0))();
    expect(posted).to.have.length(1);
  });

  it("is done with a request that a reorg took away", async () => {
    await temp.vault.follower().rollback(BLOCK - 1, {});
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "done" });
  });

  for (const rank of [0, 1, 2])
    it(`rank ${rank} answers at once`, async () => {
      await create(slotOfRank(rank))();
      expect(posted).to.have.length(1);
    });
  for (const [rank, blocks] of [
    [3, 2],
    [4, 4],
  ] as const)
    it(`rank ${rank} answers ${blocks} blocks later, if the request is still open (D21)`, async () => {
      const attempt = create(slotOfRank(rank));
      await attempt();
      chain.head += blocks - 1;
      await attempt();
      expect(posted).to.have.length(0);
      chain.head += 1;
      await attempt();
      expect(posted).to.have.length(1);
    });

  it("does not decide again while its answer is being sent", async () => {
    isBusy = true;
    await create(slotOfRank(0))();
    expect(asked).to.equal(0);
  });
  it("does not answer twice", async () => {
    answered = (block) => (block === chain.head ? 1n << BigInt(slotOfRank(0)) : 0n);
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "wait" });
    expect(asked).to.equal(0);
  });
  it("is done when its answer is there, finally", async () => {
    answered = () => 1n << BigInt(slotOfRank(0));
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "done" });
    expect(asked).to.equal(0);
  });
  it("is done when the request is served, finally", async () => {
    status = (block) => (block === chain.head ? SERVED : PENDING);
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "wait" });
    status = () => SERVED;
    expect(await create(slotOfRank(0))()).to.deep.equal({ kind: "done" });
    expect(asked).to.equal(0);
  });
  it("is done when it is not a member of the request's epoch", async () => {
    expect(await create(9)()).to.deep.equal({ kind: "done" });
  });
  it("waits while it has no slot", async () => {
    expect(await create(0)()).to.deep.equal({ kind: "wait" });
  });

  for (const code of ["ACCESS_DENIED", "PERMISSION_NOT_FINAL", "UNAVAILABLE"] as const)
    it(`sends nothing on ${code}, and asks again while the request is open`, async () => {
      refusal = new KeyquorumError(code);
      expect((await create(slotOfRank(0))()).kind).to.equal("wait");
      expect(posted).to.have.length(0);
    });
  it("asks ever less often while it is refused: who is refused on purpose costs it little", async () => {
    refusal = new KeyquorumError("ACCESS_DENIED");
    const attempt = create(slotOfRank(0));
    const waits: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const outcome = await attempt();
      waits.push(outcome.kind === "wait" ? (outcome.milliseconds ?? 0) : -1);
    }
    expect(waits).to.deep.equal([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    refusal = undefined;
    await attempt();
    expect(posted).to.have.length(1);
  });
  it("lets an unexpected failure be seen", async () => {
    refusal = new KeyquorumError("INTERNAL");
    expect(await create(slotOfRank(0))().catch((error: unknown) => error)).to.equal(refusal);
  });

  it("is budgeted for its document's owner and by whether it pays; what is refused is given back", async () => {
    await create(slotOfRank(0))();
    fee = 1n;
    refusal = new KeyquorumError("ACCESS_DENIED");
    await create(slotOfRank(0))();
    expect(budgeted.map(({ owner, requester, isPaid }) => [owner, requester, isPaid])).to.deep.equal([
      [header.owner, parseAddress(bob.address), false],
      [header.owner, parseAddress(bob.address), true],
    ]);
    expect(givenBack).to.deep.equal([requestId]);
  });
  for (const reason of ["BALANCE_RESERVE", "TOTAL_BUDGET", "OWNER_BUDGET", "REQUESTER_BUDGET"] as const)
    it(`keeps within its limits: ${reason} (D35)`, async () => {
      budget = reason;
      expect((await create(slotOfRank(0))()).kind).to.equal("wait");
      expect([asked, posted.length]).to.deep.equal([0, 0]);
    });

  it("waits for a header that it has not mirrored", async () => {
    const other = createHeader();
    const logs = [
      emitLog(
        "SharesRequested",
        [requestId, other.document, zeroAddress, 2, KEY_ID, 1, headerHashOf(other), toXY(G), ZERO_HASH, 1_900_000_000n],
        11,
      ),
    ];
    await temp.vault.follower().rollback(BLOCK - 1, {});
    await temp.vault.follower().commit({ logs, state: {} });
    const handler = create(slotOfRank(0));
    Object.assign(work, { blockHash: blockHash(11) });
    expect((await handler()).kind).to.equal("wait");
    Object.assign(work, { blockHash: blockHash(BLOCK) });
    expect(asked).to.equal(0);
  });
});
