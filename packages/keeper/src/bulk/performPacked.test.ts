import {
  backend,
  createContribution,
  createRepairDealing,
  openRepairShare,
  parseDealing,
  parseRepairDealing,
  SecretScalar,
  secureRandom,
  verifyDealing,
} from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { expect } from "chai";
import { createFinishedKey } from "../testing/finishedKey.ts";
import { testNonces } from "../testing/testNonces.ts";
import type { SessionTaskDone } from "./bulkTasks.ts";
import { drawTaskKey } from "./bulkWork.ts";
import { pack, unpack } from "./packing.ts";
import { performPacked } from "./performPacked.ts";

const key = createFinishedKey();
const view = {
  ...{ sid: key.sid, keyId: key.keyId, epoch: key.epoch, purpose: "Decrypt" as const, threshold: 1, status: "Dealing" as const },
  members: key.members.map((member) => ({ ...member, operator: `0x${"0a".repeat(20)}` as never })),
  ...{ removedSlots: [], absentSlots: [], headNumber: 9, statusSince: 9, dealtSlots: [], disqualifiedSlots: [], readySlots: [] },
  ...{ qual: 0n, dealings: new Map(), dealHashes: new Map(), sessionIsFinal: false, shiftBlock: 0n, finalizedIsFinal: false },
};
const slot = key.members[1]?.slot ?? 0;

const ask = (nonces = testNonces()) => {
  const encryptionSecret = SecretScalar.fromBytes(key.encryptionSecret);
  const input = { view, own: { slot, encryptionSecret, storedShares: [], verdicts: new Map() }, rankStep: 2 };
  const question = { id: 4, name: "generation" as const, input: pack(input).body, key: drawTaskKey(nonces, "generation", input) };
  return { question, secret: (question.input as { own: { encryptionSecret: { bytes: Uint8Array } } }).own.encryptionSecret.bytes };
};
const dealingOf = ({ question }: ReturnType<typeof ask>): Uint8Array => {
  const { answer } = performPacked(question);
  if (answer.kind !== "done") throw new Error(answer.error.message);
  const [effect] = (unpack(answer.output).value as SessionTaskDone<{ readonly dealing: Uint8Array }>).effects;
  return effect?.dealing ?? new Uint8Array();
};

describe("a packed task", () => {
  it("is computed with nonces of its own", () => {
    const dealing = parseDealing(dealingOf(ask()), { threshold: 1, members: 3 });
    expect(verifyDealing({ sid: hexToBytes(key.sid, 32), dealer: slot, dealing })).to.equal(true);
  });

  it("leaves neither its secret nor the key of its nonces where it was computed", () => {
    const asked = ask();
    expect([asked.secret.some((byte) => byte !== 0), asked.question.key.some((byte) => byte !== 0)]).to.deep.equal([true, true]);
    performPacked(asked.question);
    expect([asked.secret, asked.question.key]).to.deep.equal([new Uint8Array(32), new Uint8Array(32)]);
  });

  it("leaves none when it fails, either", () => {
    const asked = ask();
    Object.assign(asked.question.input as object, { view: null });
    expect(performPacked(asked.question).answer.kind).to.equal("failed");
    expect([asked.secret, asked.question.key]).to.deep.equal([new Uint8Array(32), new Uint8Array(32)]);
  });

  it("says how much CPU of its thread it took, not how long others held the core", function () {
    const { threadCpuUsage } = process;
    if (threadCpuUsage === undefined) return this.skip();
    let asked = 0;
    process.threadCpuUsage = () => ({ user: 3_000 * asked, system: 1_000 * asked++ });
    try {
      expect(performPacked(ask().question).answer.milliseconds).to.equal(4);
    } finally {
      process.threadCpuUsage = threadCpuUsage;
    }
  });

  describe("that opens a secret", () => {
    const sid = new Uint8Array(32).fill(3);
    const [lost, own, other] = key.members.map(({ slot: of }) => of) as [number, number, number];
    const helpers = key.members.slice(1);
    const encryptionSecret = SecretScalar.fromBytes(key.encryptionSecret);
    const party = { sid, helpers, lost, threshold: 1 };
    const share = SecretScalar.from(77n);
    const secret = SecretScalar.from(99n);
    const question = () => {
      const dealings = [own, other].map((helper) => createRepairDealing({ ...party, helper }, secureRandom));
      const maskShares = dealings.map((bytes, index) => {
        const helper = [own, other][index] ?? 0;
        const dealing = parseRepairDealing(bytes, { threshold: 1, helpers: 2 });
        const opened = openRepairShare({ ...party, helper, recipient: own, encryptionSecret, dealing });
        if (opened.kind === "invalid") throw new Error("an honest dealing opens");
        return { helper, share: opened.share };
      });
      const readerKey = backend.mulG(secret.reveal());
      const contribution = createContribution(
        { sid, helper: own, lost, helperSlots: [own, other], share, maskShares, readerKey },
        secureRandom,
      );
      const input = { sid, helper: own, lost, threshold: 1, secret, verifyingShare: backend.mulG(share.reveal()), dealings, contribution };
      return { id: 1, name: "repairOpening" as const, input: pack(input).body, key: new Uint8Array(0) };
    };

    it("gives it, and erases what it made of what came and what it gives", () => {
      const asked = question();
      const living = new Set<SecretScalar>();
      const { erase } = SecretScalar.prototype;
      const { from, fromBytes } = SecretScalar;
      const kept =
        <Given>(make: (given: Given) => SecretScalar) =>
        (given: Given): SecretScalar => {
          const made = make.call(SecretScalar, given);
          living.add(made);
          return made;
        };
      SecretScalar.from = kept(from);
      SecretScalar.fromBytes = kept(fromBytes);
      SecretScalar.prototype.erase = function (this: SecretScalar): void {
        living.delete(this);
        erase.call(this);
      };
      let made: ReturnType<typeof performPacked>;
      try {
        made = performPacked(asked);
      } finally {
        SecretScalar.prototype.erase = erase;
        Object.assign(SecretScalar, { from, fromBytes });
      }
      expect(living.size).to.equal(0);
      if (made.answer.kind !== "done") throw new Error(made.answer.error.message);
      expect(unpack(made.answer.output).secrets).to.have.length(1);
    });
  });

  it("attack 8: tried again it has other nonces, also where the source of randomness repeats itself", () => {
    const constant = testNonces((length) => new Uint8Array(length).fill(7), new Uint8Array(32).fill(9));
    expect(dealingOf(ask(constant))).to.not.deep.equal(dealingOf(ask(constant)));
  });
});
