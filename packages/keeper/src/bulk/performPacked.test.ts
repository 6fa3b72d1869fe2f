import { parseDealing, SecretScalar, verifyDealing } from "@keyquorum/threshold";
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

  it("erases every secret that it made of what came, and of what it gives", () => {
    const erased: SecretScalar[] = [];
    const { erase } = SecretScalar.prototype;
    SecretScalar.prototype.erase = function () {
      erased.push(this);
      erase.call(this);
    };
    try {
      performPacked(ask().question);
    } finally {
      SecretScalar.prototype.erase = erase;
    }
    expect(erased.length).to.be.at.least(1);
  });

  it("attack 8: tried again it has other nonces, also where the source of randomness repeats itself", () => {
    const constant = testNonces((length) => new Uint8Array(length).fill(7), new Uint8Array(32).fill(9));
    expect(dealingOf(ask(constant))).to.not.deep.equal(dealingOf(ask(constant)));
  });
});
