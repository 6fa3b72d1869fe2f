import { writeFile } from "node:fs/promises";
import { G, toXY } from "@keyquorum/threshold";
import { type ErrorCode, headerHashOf, KeyquorumError, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { AnswerService, GivenAnswer } from "../answers/answerService.ts";
import { createChainReader } from "../contracts/chainReader.ts";
import type { RequestContract } from "../contracts/requestContract.ts";
import { createConsent } from "../epochs/consent.ts";
import { setVeto, vetoFileOf } from "../epochs/vetoes.ts";
import { silentLogger } from "../logger.ts";
import { createFakeChain, emitLog, type FakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { bob, createHeader, KEY_ID } from "../testing/reader.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";
import { createStillWanted } from "./stillWanted.ts";

const header = createHeader();
const requestId = `0x${"4e".repeat(32)}` as RequestId;

describe("createStillWanted", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let asked: Parameters<AnswerService["answer"]>[0][];
  let refusal: Error | undefined;

  const mirror = async (contract: RequestContract): Promise<void> => {
    temp = await createTempVault(() => 0);
    chain = createFakeChain();
    chain.answers["keeperRegistry.slotOf"] = () => [2];
    chain.answers["keeperRegistry.membersOf"] = () => [0b10100100n]; // 2, 5, 7
    chain.answers["keyGeneration.keyEpochOf"] = () => [[1, 4, 30n, ZERO_HASH, ZERO_HASH]];
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

  const removedAt = (slot: number, isThere: (block: number) => boolean = () => true): void => {
    chain.answers["keeperRegistry.removedKeepers"] = (_args, block) => [isThere(block) ? 1n << BigInt(slot) : 0n];
  };
  const ask = (id: string, { least, isSeen = true }: { least?: number; isSeen?: boolean } = {}) => {
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts() });
    return createStillWanted({
      vault: temp.vault,
      contracts: fakeContracts(),
      service: {
        answer: async (input) => {
          asked.push(input);
          if (refusal !== undefined) throw refusal;
          return {} as GivenAnswer; // what is in it does not matter here
        },
      },
      reader,
      consentTo: createConsent({
        reader,
        dataDirectory: temp.vault.directory,
        minDelaySeconds: 0,
        ...(least === undefined ? {} : { minThreshold: least }),
      }),
      operators: [OPERATOR],
      heads: () => (isSeen ? headsOf(chain) : undefined),
      log: silentLogger,
    })(id);
  };

  it("decides anew about an answer, with the epoch that the request pins (D27)", async () => {
    expect(await ask(`answer:${requestId}`)).to.equal("yes");
    expect(asked.map(({ request }) => [request.channel, request.requestId, request.epoch])).to.deep.equal([["chain", requestId, 7]]);
    expect(asked[0] && headerHashOf(asked[0].header)).to.equal(headerHashOf(header));
  });
  it("decides anew about an optimistic one, too", async () => {
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
    removedAt(2);
    for (const id of [`fail:${requestId}`, `reshare:fail:${requestId}`, `repair:${requestId}:3:0x02`, "epochKey:3"])
      expect(await ask(id)).to.equal("yes");
    expect(asked).to.have.length(0);
  });

  describe("what moves a session on", () => {
    const sid = `0x${"5e".repeat(32)}`;
    const ids = ["deal", "complain", "finalize", "ready"].flatMap((kind) => [`${kind}:${sid}`, `reshare:${kind}:${sid}:${requestId}`]);
    const mirrorSessions = () => {
      const generated = emitLog("KeyRequested", [KEY_ID, sid, bob.address, 0, 2, 3, 1, ZERO_HASH], 20);
      return temp.vault.follower().commit({ logs: [generated, emitLog("ReshareRequested", [KEY_ID, sid, 3, 2, 1, 1], 20, 1)], state: {} });
    };
    const askAll = async () => [...new Set(await Promise.all(ids.map((id) => ask(id))))];

    it("yes, while nobody who is to hold a share was removed", async () => {
      await mirrorSessions();
      removedAt(9);
      expect(await askAll()).to.deep.equal(["yes"]);
    });
    for (const { who, slot } of [
      { who: "who is to hold a share", slot: 7 },
      { who: "this keeper", slot: 2 },
    ]) {
      it(`attack 14: no, when ${who} was removed after it was signed`, async () => {
        await mirrorSessions();
        removedAt(slot);
        expect(await askAll()).to.deep.equal(["no"]);
        removedAt(slot, (block) => block === chain.head - chain.finalLag);
        expect(await askAll()).to.deep.equal(["no"]);
      });
      it(`attack 14: later, while the removal of ${who} is not final`, async () => {
        await mirrorSessions();
        removedAt(slot, (block) => block === chain.head);
        expect(await askAll()).to.deep.equal(["later"]);
      });
    }
    it("later, before the chain was seen; no, when the session is gone from it", async () => {
      expect(await askAll()).to.deep.equal(["no"]);
      await mirrorSessions();
      expect(await ask(`ready:${sid}:${requestId}`, { isSeen: false })).to.equal("later");
    });
  });

  describe("a dealing of a reshare to epoch 3", () => {
    const sid = `0x${"5e".repeat(32)}`;
    const mirrorSession = () =>
      temp.vault.follower().commit({ logs: [emitLog("ReshareRequested", [KEY_ID, sid, 3, 2, 1, 1], 20)], state: {} });

    it("yes, while nobody vetoed its epoch", async () => {
      await mirrorSession();
      await setVeto(temp.vault.directory, { epoch: 2, isVetoed: true });
      expect(await ask(`reshare:deal:${sid}`)).to.equal("yes");
    });
    it("attack 50: no, when its epoch was vetoed after it was signed", async () => {
      await mirrorSession();
      await setVeto(temp.vault.directory, { epoch: 3, isVetoed: true });
      expect(await ask(`reshare:deal:${sid}`)).to.equal("no");
    });
    it("attack 50: later, while the vetoes cannot be read", async () => {
      await mirrorSession();
      await writeFile(vetoFileOf(temp.vault.directory), "{");
      expect(await ask(`reshare:deal:${sid}`)).to.equal("later");
    });
    it("attack 50: no, when its threshold is lower than the operator accepts since it was signed", async () => {
      await mirrorSession();
      expect(await ask(`reshare:deal:${sid}`, { least: 1 })).to.equal("yes");
      expect(await ask(`reshare:deal:${sid}`, { least: 2 })).to.equal("no");
    });
    it("later, before the chain was seen", async () => {
      await mirrorSession();
      expect(await ask(`reshare:deal:${sid}`, { isSeen: false })).to.equal("later");
    });
    it("no, when its session is gone from the chain", async () => {
      expect(await ask(`reshare:deal:${sid}`)).to.equal("no");
    });
  });
});
