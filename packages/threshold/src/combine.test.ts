import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { answersOf, codeOf, invalidPoints, keyPair, LABEL, network, sealed } from "../test/fixtures.ts";
import { type AnswersToCombine, combineAnswers, combineShares } from "./combine.ts";
import { ThresholdError } from "./errors.ts";
import { nobleBackend } from "./nobleBackend.ts";
import type { Point } from "./point.ts";
import { SecretScalar } from "./secret.ts";
import { deriveContentSecret } from "./tdh2.ts";
import type { SlotAnswer } from "./verifiedAnswer.ts";

const net = network();
const { ciphertext, contentSecret } = sealed(net.jointKey);
const { u } = ciphertext;
const bob = keyPair("bob");
const all = answersOf(net, [1, 2, 3, 4, 5], u, bob.publicKey);
const at = (slot: number): SlotAnswer => all[slot - 1] as SlotAnswer;
const combine = (answers: readonly SlotAnswer[], more: Partial<AnswersToCombine> = {}) =>
  combineAnswers({ quorum: 3, u, readerSecret: bob.secret, answers, ...more });
const open = (shared: Point): Uint8Array => deriveContentSecret({ shared, label: LABEL, u });
const lie = (slot: number): SlotAnswer => ({ ...at(slot), answer: { ...at(slot).answer, zs: at(slot).answer.zs ^ 1n } });

const thrown = (action: () => unknown): ThresholdError => {
  try {
    action();
  } catch (error) {
    if (error instanceof ThresholdError) return error;
  }
  return expect.fail("no ThresholdError");
};

describe("combineAnswers", () => {
  it("gives the content secret from any q of the answers, in any order", () => {
    for (const slots of [
      [1, 2, 3],
      [1, 3, 5],
      [5, 4, 2],
      [2, 5, 1],
    ]) {
      const { shared, used, rejected } = combine(slots.map(at), { publicKey: net.jointKey });
      expect(open(shared)).to.deep.equal(contentSecret);
      expect({ used, rejected }).to.deep.equal({ used: slots, rejected: [] });
    }
  });

  it("gives the content secret for slots far apart, whose Lagrange coefficients are large", () => {
    const wide = network([3, 77, 130, 254, 255], 2);
    const document = sealed(wide.jointKey);
    const answers = answersOf(wide, [255, 3, 130], document.ciphertext.u, bob.publicKey);
    const { shared } = combineAnswers({ quorum: 3, u: document.ciphertext.u, readerSecret: bob.secret, answers, publicKey: wide.jointKey });
    expect(deriveContentSecret({ shared, label: LABEL, u: document.ciphertext.u })).to.deep.equal(document.contentSecret);
  });

  it("drops and names who lies, and continues with the others", () => {
    const { shared, used, rejected } = combine([lie(1), at(2), { ...at(3), answer: at(4).answer }, at(4), at(5)]);
    expect(open(shared)).to.deep.equal(contentSecret);
    expect(used).to.deep.equal([2, 4, 5]);
    expect(rejected).to.deep.equal([
      { slot: 1, reason: "INVALID_PROOF" },
      { slot: 3, reason: "INVALID_PROOF" },
    ]);
  });

  it("a lie under a slot does not keep out the keeper's own answer", () => {
    const { used, rejected } = combine([lie(1), at(1), at(2), at(3)]);
    expect(used).to.deep.equal([1, 2, 3]);
    expect(rejected).to.deep.equal([{ slot: 1, reason: "INVALID_PROOF" }]);
  });

  it("checks every answer that it is given, also beyond the quorum", () => {
    const { used, rejected } = combine([at(1), at(2), at(3), lie(4), at(1)]);
    expect(used).to.deep.equal([1, 2, 3]);
    expect(rejected).to.deep.equal([
      { slot: 4, reason: "INVALID_PROOF" },
      { slot: 1, reason: "DUPLICATE_SLOT" },
    ]);
  });

  it("attack 24: the same slot twice, slot 0 and slots above 255 do not count", () => {
    const error = thrown(() => combine([at(1), at(1), { ...at(2), slot: 0 }, { ...at(3), slot: 256 }, { ...at(4), slot: -1 }]));
    expect(error.code).to.equal("TOO_FEW_SHARES");
    expect(error.retryable).to.equal(true);
    expect(error.details).to.deep.equal({
      have: 1,
      need: 3,
      rejected: [
        { slot: 1, reason: "DUPLICATE_SLOT" },
        { slot: 0, reason: "BAD_SLOT" },
        { slot: 256, reason: "BAD_SLOT" },
        { slot: -1, reason: "BAD_SLOT" },
      ],
    });
    for (const slot of [Number.NaN, "3", 2.5, -0, 1n, null])
      expect(codeOf(() => combine([{ ...at(1), slot: slot as number }]))).to.equal("INVALID_SLOT");
  });

  it("attack 49: t answers are too few, t+1 are enough", () => {
    expect(thrown(() => combine([at(1), at(2)])).details).to.deep.include({ have: 2, need: 3 });
    expect(open(combine([at(1), at(2), at(3)]).shared)).to.deep.equal(contentSecret);
    // and a caller who takes t for the quorum gets no right secret
    expect(open(combine([at(1), at(2)], { quorum: 2 }).shared)).not.to.deep.equal(contentSecret);
    expect(codeOf(() => combine([at(1), at(2)], { quorum: 2, publicKey: net.jointKey }))).to.equal("VERIFYING_SHARES_MISMATCH");
  });

  it("a right answer under a wrong slot is caught by the joint key", () => {
    const moved = [at(1), at(2), { ...at(3), slot: 4 }];
    expect(codeOf(() => combine(moved, { publicKey: net.jointKey }))).to.equal("VERIFYING_SHARES_MISMATCH");
  });

  it("verifying shares of another key are caught by the joint key", () => {
    const foreign = network([3, 77, 130, 254, 255], 2);
    const mixed = [at(1), at(2), ...answersOf(foreign, [130], u, bob.publicKey)];
    expect(codeOf(() => combine(mixed, { publicKey: net.jointKey }))).to.equal("VERIFYING_SHARES_MISMATCH");
  });

  it("another reader's secret opens nothing", () => {
    expect(thrown(() => combine(all, { readerSecret: keyPair("mallory").secret })).details).to.deep.include({ have: 0 });
  });

  it("wrong types throw a code", () => {
    for (const quorum of [0, 1, -0, 2.5, Number.NaN, "3", 256, null, 3n])
      expect(codeOf(() => combine(all, { quorum: quorum as number }))).to.equal("INVALID_THRESHOLD");
    for (const point of Object.values(invalidPoints())) {
      expect(codeOf(() => combine(all, { u: point }))).to.equal("INVALID_POINT");
      expect(codeOf(() => combine(all, { publicKey: point }))).to.equal("INVALID_POINT");
      expect(combine([{ ...at(1), verifyingShare: point }, at(2), at(3), at(4)]).rejected).to.deep.equal([
        { slot: 1, reason: "INVALID_PROOF" },
      ]);
    }
    expect(codeOf(() => combine(all, { readerSecret: SecretScalar.from(0n) }))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => combine(null as unknown as SlotAnswer[]))).to.equal("INVALID_INPUT");
    expect(codeOf(() => combine([null as unknown as SlotAnswer]))).to.equal("INVALID_INPUT");
    expect(codeOf(() => combineAnswers(null as unknown as AnswersToCombine))).to.equal("INVALID_INPUT");
  });

  it("any q keepers of any committee give the same Z: s U", () => {
    const s = combineShares(
      net.committee.members.slice(0, 3).map(({ slot }, i) => ({ slot, share: net.shares[i]?.share.reveal() as bigint })),
    );
    const expected = nobleBackend.mulVar(u, s);
    expect(nobleBackend.mulG(s).equals(net.jointKey)).to.equal(true);
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 3 }), (slots) => combine(slots.map(at)).shared.equals(expected)),
      { numRuns: casesFor(8) },
    );
  });
});
