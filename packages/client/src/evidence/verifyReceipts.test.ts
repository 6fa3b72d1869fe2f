import { G, pointFromXY } from "@keyquorum/threshold";
import { type Address, committeeRootOf, encodeReceiptFile, type HttpReceipts, type KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { errorOf } from "../fakes/errorOf.ts";
import { type FakeCommittee, startFakeCommittee } from "../fakes/fakeCommittee.ts";
import { signReceipt, stranger } from "../fakes/fakeKeeper.ts";
import { decompress } from "../fakes/fakeKey.ts";
import { encryptDocument } from "../publish/encrypt.ts";
import type { RequestSigner } from "../read/requestSigner.ts";
import { sessionRequestSigner } from "../read/requestSigner.ts";
import { openSession } from "../read/sessions.ts";
import { systemClock } from "../time/clock.ts";
import { verifyReceipts } from "./verifyReceipts.ts";

const REGISTRY = `0x${"de".repeat(20)}` as Address;

describe("Verifying receipts without a network, n = 5, t = 2", () => {
  let committee: FakeCommittee;
  let receipts: HttpReceipts;
  let text: string;
  before(async () => {
    committee = await startFakeCommittee({ members: 5, threshold: 2 });
    receipts = await ask();
    text = JSON.stringify(encodeReceiptFile(receipts));
  });
  after(() => committee.stop());

  const members = () =>
    committee.members.map(({ slot, identity }) => {
      const { x, y } = decompress(identity);
      return {
        slot,
        operator: `0x${`0${slot}`.repeat(20)}` as Address,
        encryptionKey: G.multiply(BigInt(slot)),
        identityKey: pointFromXY(x, y),
      };
    });
  const ask = async (signer?: RequestSigner, header = committee.encrypt("x").header): Promise<HttpReceipts> => {
    const { report } = await committee.ask(header, signer === undefined ? {} : { signer });
    const { record } = report;
    if (record.kind !== "http") throw new Error("the fake committee answers by HTTP");
    const { epoch, quorum, slots, verifyingRoot, publicKey } = record.key;
    return {
      kind: "http",
      ...committee.domain,
      keeperRegistry: REGISTRY,
      documentVersion: 3,
      key: { epoch, quorum, slots, verifyingRoot, publicKey },
      asked: record.asked,
      committee: members(),
      answers: record.answers,
    };
  };
  type Json = ReturnType<typeof JSON.parse>;
  const changed = (change: (json: Json) => void): unknown => {
    const json = JSON.parse(text) as Json;
    change(json);
    return json;
  };
  const refusalOf = (file: unknown, options: Parameters<typeof verifyReceipts>[1] = {}): Promise<KeyquorumError> =>
    errorOf(Promise.resolve().then(() => verifyReceipts(file, options)));

  it("says who asked for what, and who answered as of which blocks", () => {
    const { header, request } = receipts.asked;
    const verified = verifyReceipts(JSON.parse(text));
    expect(verified).to.include({
      trust: "file",
      askedBy: "account",
      requester: committee.bob.address.toLowerCase(),
      document: header.document,
      owner: header.owner,
      headerHash: request.headerHash,
      documentVersion: 3,
      keyId: header.keyId,
      epoch: 1,
      quorum: 3,
    });
    expect(verified.keepers.map(({ slot }) => slot)).to.deep.equal(receipts.answers.map(({ slot }) => slot));
    for (const keeper of verified.keepers) {
      const member = committee.members.find(({ slot }) => slot === keeper.slot);
      const { receipt } = receipts.answers.find(({ slot }) => slot === keeper.slot)?.receipt ?? {};
      expect(keeper).to.deep.include({
        identity: member?.identityAddress,
        answerHash: receipt?.answerHash,
        finalizedBlock: { hash: receipt?.finalizedBlock },
        headBlock: { hash: receipt?.headBlock },
      });
    }
  });

  it("trusts a committee whose root the verifier brings along", async () => {
    const committeeRoot = committeeRootOf({ chainId: receipts.chainId, registry: REGISTRY, epoch: 1, members: receipts.committee });
    expect(verifyReceipts(JSON.parse(text))).to.include({ trust: "file", committeeRoot });
    expect(verifyReceipts(JSON.parse(text), { committeeRoot })).to.include({ trust: "pinned", committeeRoot });
    const other = await refusalOf(JSON.parse(text), { committeeRoot: `0x${"11".repeat(32)}` });
    expect([other.code, other.details.field]).to.deep.equal(["INVALID_RECEIPTS", "committee"]);
    expect((await refusalOf(JSON.parse(text), { committeeRoot: "0x12" })).code).to.equal("INVALID_VALUE");
  });

  it("attack: a whole committee of mallory's own fits together, but not under the pinned root", async () => {
    const committeeRoot = committeeRootOf({ chainId: receipts.chainId, registry: REGISTRY, epoch: 1, members: receipts.committee });
    const forged = new Map(receipts.answers.map(({ slot }) => [slot, stranger()]));
    const file = encodeReceiptFile({
      ...receipts,
      committee: receipts.committee.map((member) => {
        const identity = forged.get(member.slot);
        if (identity === undefined) return member;
        const { x, y } = decompress(identity);
        return { ...member, identityKey: pointFromXY(x, y) };
      }),
      answers: receipts.answers.map((answer) => ({
        ...answer,
        receipt: signReceipt(committee.domain, answer.receipt.receipt, forged.get(answer.slot) ?? stranger()),
      })),
    });
    expect(verifyReceipts(file).trust).to.equal("file");
    expect((await refusalOf(file, { committeeRoot })).code).to.equal("INVALID_RECEIPTS");
  });

  it("attack: receipts for a document of another chain are none of this one's", async () => {
    const { header } = encryptDocument("x", { ...committee.context, chainId: 1n }, { cipher: committee.cipher });
    const file = encodeReceiptFile(await ask(undefined, header));
    expect((await refusalOf(file)).details.field).to.equal("chainId");
  });

  it("tells a session's key from the account", async () => {
    const { bob: signer, domain } = committee;
    const { header } = receipts.asked;
    const session = await openSession(
      { signer, domain, clock: systemClock, random: rollDice("session").bytes, generationOf: async () => 0n },
      { owner: header.owner },
    );
    const asked = await ask(sessionRequestSigner(session));
    expect(verifyReceipts(encodeReceiptFile(asked))).to.include({ askedBy: "session", requester: signer.address.toLowerCase() });
    const foreign = { ...asked, asked: { ...asked.asked, signature: receipts.asked.signature } };
    expect((await refusalOf(encodeReceiptFile(foreign))).details.field).to.equal("asked.delegation");
  });

  it("says that only a chain can tell a contract account's signature", async () => {
    const wallet: RequestSigner = { requester: `0x${"ce".repeat(20)}` as Address, by: "wallet", sign: async () => new Uint8Array(300) };
    expect(verifyReceipts(encodeReceiptFile(await ask(wallet))).askedBy).to.equal("contract account");
  });

  const flip = (hex: string): string => hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
  const flips: Readonly<Record<string, (json: Json) => void>> = {
    "the chain": (json) => {
      json.chainId = "1";
    },
    "the contract": (json) => {
      json.shareRequests = flip(json.shareRequests);
    },
    "the header": (json) => {
      json.asked.header = flip(json.asked.header);
    },
    "the document": (json) => {
      json.asked.request.document = flip(json.asked.request.document);
    },
    "the version": (json) => {
      json.asked.request.headerHash = flip(json.asked.request.headerHash);
    },
    "the requester": (json) => {
      json.asked.request.requester = flip(json.asked.request.requester);
    },
    "the reader key": (json) => {
      json.asked.request.readerKey = `0x02${json.asked.request.readerKey.slice(4)}`.replace(
        /^0x02/,
        json.asked.request.readerKey.startsWith("0x02") ? "0x03" : "0x02",
      );
    },
    "the nonce": (json) => {
      json.asked.request.nonce = flip(json.asked.request.nonce);
    },
    "the deadline": (json) => {
      json.asked.request.deadline = "1";
    },
    "the epoch": (json) => {
      json.key.epoch = 2;
    },
    "the key's root": (json) => {
      json.key.verifyingRoot = flip(json.key.verifyingRoot);
    },
    "the key": (json) => {
      json.key.publicKey = json.committee[0].encryptionKey;
    },
    "a keeper's identity": (json) => {
      json.committee[json.answers[0].slot - 1].identityKey = json.committee[0].encryptionKey;
    },
    "a keeper's slot": (json) => {
      json.answers[0].slot = json.answers[1].slot;
    },
    "an answer": (json) => {
      json.answers[0].answer = flip(json.answers[0].answer);
    },
    "a verifying share": (json) => {
      json.answers[0].verifyingShare = json.answers[1].verifyingShare;
    },
    "a path": (json) => {
      json.answers[0].path = json.answers[1].path.slice(1);
    },
    "a signature": (json) => {
      json.answers[0].receipt.signature =
        flip(json.answers[0].receipt.signature.slice(0, -2)) + json.answers[0].receipt.signature.slice(-2);
    },
    "a final block": (json) => {
      json.answers[0].receipt.finalizedBlock = flip(json.answers[0].receipt.finalizedBlock);
    },
    "a head": (json) => {
      json.answers[0].receipt.headBlock = flip(json.answers[0].receipt.headBlock);
    },
    "a receipt's document": (json) => {
      json.answers[0].receipt.document = flip(json.answers[0].receipt.document);
    },
    "a receipt's requester": (json) => {
      json.answers[0].receipt.requester = flip(json.answers[0].receipt.requester);
    },
    "a receipt's key": (json) => {
      json.answers[0].receipt.keyId = flip(json.answers[0].receipt.keyId);
    },
    "a receipt's request": (json) => {
      json.answers[0].receipt.requestId = flip(json.answers[0].receipt.requestId);
    },
    "a receipt's answer": (json) => {
      json.answers[0].receipt.answerHash = flip(json.answers[0].receipt.answerHash);
    },
  };
  for (const [name, change] of Object.entries(flips))
    it(`refuses a file in which somebody changed ${name}`, async () => {
      expect((await refusalOf(changed(change))).code).to.equal("INVALID_RECEIPTS");
    });

  const forms: Readonly<Record<string, (json: Json) => void>> = {
    "another format": (json) => {
      json.format = "keyquorum-grant";
    },
    "another version": (json) => {
      json.version = 2;
    },
    "another kind": (json) => {
      json.kind = "post";
    },
    "an unknown field": (json) => {
      json.extra = 1;
    },
    "no answers": (json) => {
      json.answers = [];
    },
    "no committee": (json) => {
      json.committee = [];
    },
    "a committee out of order": (json) => {
      json.committee.reverse();
    },
    "slots out of order": (json) => {
      json.key.slots.reverse();
    },
    "one answer twice": (json) => {
      json.answers[1] = json.answers[0];
    },
    "a keeper that is no member": (json) => {
      json.committee = json.committee.filter(({ slot }: { slot: number }) => slot !== json.answers[0].slot);
    },
    "a keeper that holds no share": (json) => {
      json.key.slots = json.key.slots.filter((slot: number) => slot !== json.answers[0].slot);
    },
    "a point off the curve": (json) => {
      json.key.publicKey = `0x02${"00".repeat(31)}05`;
    },
  };
  for (const [name, change] of Object.entries(forms))
    it(`refuses a file with ${name}`, async () => {
      expect((await refusalOf(changed(change))).code).to.equal("INVALID_RECEIPTS");
    });

  it("names the keeper whose receipt does not hold", async () => {
    const file = changed((json) => {
      json.answers[1].receipt.headBlock = `0x${"33".repeat(32)}`;
    });
    expect((await refusalOf(file)).details).to.deep.equal({ field: "answers", slot: receipts.answers[1]?.slot });
  });

  it("refuses what is not an object", async () => {
    for (const file of [undefined, null, "receipts", 5, []]) expect((await refusalOf(file)).code).to.equal("INVALID_RECEIPTS");
  });
});
