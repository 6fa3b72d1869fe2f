import type { SenderRecord } from "@keyquorum/chain";
import { G, toXY } from "@keyquorum/threshold";
import { subjectOfId } from "@keyquorum/vault";
import { type ErrorCode, headerHashOf, KeyquorumError, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { AnswerService } from "../answering/answerService.ts";
import { createMayStillChallenge } from "../answering/challengeTransaction.ts";
import { createMayStillAnswer } from "../answering/mayStillAnswer.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import { createMirroredRequests } from "../contracts/mirroredRequests.ts";
import type { RequestContract } from "../contracts/requestContract.ts";
import { silentLogger } from "../report/logger.ts";
import { sessionResends } from "../sessions/sessionResends.ts";
import { createFakeChain, emitLog, FAKE_ADDRESSES, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { bob, createHeader, KEY_ID } from "../testing/reader.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { ALWAYS, createResends } from "./resends.ts";

const header = createHeader();
const requestId = `0x${"4e".repeat(32)}` as RequestId;

describe("transactions that were signed earlier", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let asked: Parameters<AnswerService["decide"]>[0][];
  let refusal: Error | undefined;

  const mirror = async (contract: RequestContract): Promise<void> => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    [asked, refusal] = [[], undefined];
    const { u, uBar, e, f } = header.ciphertext;
    const { document, owner, salt, initialPermissions } = header;
    const ciphertext = { u: toXY(u), uBar: toXY(uBar), e, f };
    const published = [document, owner, KEY_ID, 1, salt, initialPermissions, headerHashOf(header), ciphertext, "0x0155"];
    const requested = [requestId, document, bob.address, 1, KEY_ID, 7, headerHashOf(header), toXY(G), ZERO_HASH, 1_900_000_000n];
    const logs = [emitLog("DocumentPublished", published, 5), emitLog("SharesRequested", requested, 10, 0, contract)];
    await temp.vault.follower().commit({ logs, state: {} });
  };
  beforeEach(() => mirror("shareRequests"));
  afterEach(() => temp.remove());

  const ask = async (id: string, { isSeen = true }: { isSeen?: boolean } = {}) => {
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    const service: Pick<AnswerService, "decide"> = {
      decide: async (input) => {
        asked.push(input);
        if (refusal !== undefined) throw refusal;
      },
    };
    const core = {
      ...{ vault: temp.vault, rpc: chain.rpc, operator: OPERATOR, operators: [OPERATOR], contracts: fakeContracts(), reader },
      seen: { now: () => (isSeen ? headsOf(chain) : undefined) },
      log: silentLogger,
    };
    const resends = createResends(core);
    const kinds = {
      ...sessionResends({ ...core, consentTo: async () => ({ kind: "given" }) }),
      answer: createMayStillAnswer({ ...core, requests: createMirroredRequests(core), service }),
      challenge: createMayStillChallenge(core),
      repair: ALWAYS,
      epochKey: ALWAYS,
    };
    for (const [kind, mayResend] of Object.entries(kinds)) resends.claim(kind, mayResend);
    const signed = { id, to: FAKE_ADDRESSES.shareRequests, data: "0x", ...(await temp.vault.outbox.load<Partial<SenderRecord>>(id)) };
    return resends.isStillWanted(subjectOfId(id), signed);
  };

  it("decides again about an answer, with the epoch that the request pins (D27)", async () => {
    expect(await ask(`answer:${requestId}`)).to.equal("yes");
    expect(asked.map(({ request }) => [request.channel, request.requestId, request.epoch])).to.deep.equal([["chain", requestId, 7]]);
    expect(asked[0] && headerHashOf(asked[0].header)).to.equal(headerHashOf(header));
  });
  it("decides again about an optimistic one, too", async () => {
    await temp.remove();
    await mirror("optimisticRequests");
    expect(await ask(`answer:${requestId}`)).to.equal("yes");
    expect(asked).to.have.length(1);
  });
  for (const code of [
    "ACCESS_DENIED",
    "PERMISSION_NOT_FINAL",
    "UNKNOWN_DOCUMENT",
    "DEADLINE_PASSED",
    "INTERNAL",
  ] as const satisfies readonly ErrorCode[])
    it(`no, when the request is refused now: ${code}`, async () => {
      refusal = new KeyquorumError(code);
      expect(await ask(`answer:${requestId}`)).to.equal("no");
    });
  it("a challenge of a wrong answer is asked for at its contract, and waits before the chain was seen (D63)", async () => {
    expect(await ask(`challenge:${requestId}:4`, { isSeen: false })).to.equal("later");
    expect(asked).to.have.length(0);
  });
  it("later, while the chain cannot be asked", async () => {
    refusal = new KeyquorumError("UNAVAILABLE");
    expect(await ask(`answer:${requestId}`)).to.equal("later");
  });
  it("no, when the request is gone from the chain", async () => {
    await temp.vault.follower().rollback(9, {});
    expect(await ask(`answer:${requestId}`)).to.equal("no");
    expect(asked).to.have.length(0);
  });
  it("yes, for everything but answers and what moves a session on", async () => {
    refusal = new KeyquorumError("ACCESS_DENIED");
    for (const id of [`fail:${requestId}`, `reshare:fail:${requestId}`, `repair:${requestId}:3:0x02`, "epochKey:3"])
      expect(await ask(id)).to.equal("yes");
    expect(asked).to.have.length(0);
  });

  it("no, for a kind that no story of this keeper has: of an extension that is not loaded any more", async () => {
    expect(await ask("parity/answer:7")).to.equal("no");
  });
  it("each kind belongs to one story", () => {
    const resends = createResends({ log: silentLogger });
    const claims = ["answer", "answer", "deal"].map((kind) => resends.claim(kind, ALWAYS));
    expect(claims).to.deep.equal([true, false, true]);
  });
});
