import type { VesFraudEvidence } from "@keyquorum/threshold";
import { expect } from "chai";
import { displacementOf } from "./displacement.ts";
import type { PostedAnswer } from "./postedAnswers.ts";

const NO_POINT = { x: 0n, y: 0n };
const FAULT: VesFraudEvidence = {
  reason: "WRONG_CHALLENGE",
  witnesses: { zsU: NO_POINT, zkX: NO_POINT, cV: NO_POINT, inverse1: 0n, inverse2: 0n },
};
const MEMBERS = [1, 2, 3, 4, 5, 6, 7];
const LIARS = [6, 7];

/** q = 3 of seven, 6 and 7 lie. `order`: who answered, in order. */
const found = (order: readonly number[], own: number, options: { disproved?: readonly number[]; isOpen?: boolean } = {}) => {
  let verified = 0;
  const answers = order.map((slot): PostedAnswer => {
    const fault = (): VesFraudEvidence | undefined => {
      verified += 1;
      return LIARS.includes(slot) ? FAULT : undefined;
    };
    return { slot, words: {} as PostedAnswer["words"], fault }; // words are not looked at here
  });
  const { disproved = [], isOpen = true } = options;
  const displacement = displacementOf({ answers, disproved, quorum: 3, members: MEMBERS, own, isOpen });
  const seen = displacement && { ...displacement, lies: displacement.lies.map(({ slot }) => slot) };
  return { seen, verified };
};

describe("displacementOf: who challenges what (D63)", () => {
  it("those who regain a fee: as many as there are lies, the first that were displaced", () => {
    const order = [6, 7, 1, 2, 3, 4];
    for (const own of [2, 3]) expect(found(order, own).seen).to.deep.equal({ lies: [6, 7], among: [2, 3], regains: true });
    expect(found(order, 4).seen, "it is not paid either way").to.equal(undefined);
  });
  it("nobody whose own answer is paid, and it verifies nothing", () => {
    expect(found([6, 1, 2, 3], 1)).to.deep.equal({ seen: undefined, verified: 0 });
  });
  it("nobody while every answer that would be paid is right, wherever wrong ones stand behind", () => {
    expect(found([1, 2, 3, 6, 4], 4).seen).to.equal(undefined);
  });
  it("no keeper that posted nothing because enough right answers stand, before the deadline or after", () => {
    for (const isOpen of [true, false]) expect(found([6, 1, 2, 3], 4, { isOpen }).seen).to.equal(undefined);
  });
  it("no liar, for its own answer or another's", () => {
    expect(found([6, 1, 2, 7, 3], 7).seen).to.equal(undefined);
    expect(found([6, 7, 1], 6, { isOpen: false }).seen).to.equal(undefined);
  });
  it("what was disproved does not stand: the next answer does, and if that is a lie, it is next", () => {
    const order = [6, 1, 2, 7, 3];
    expect(found(order, 3).seen?.lies).to.deep.equal([6]);
    expect(found(order, 3, { disproved: [6] }).seen?.lies).to.deep.equal([7]);
    expect(found(order, 3, { disproved: [6, 7] }).seen).to.equal(undefined);
  });
  it("where too few right answers came, nobody until the deadline: they may still come", () => {
    expect(found([6, 1, 2], 3).seen).to.equal(undefined);
  });
  it("where too few right answers came, then the members that did not answer, who regain nothing", () => {
    expect(found([6, 1, 2], 3, { isOpen: false }).seen).to.deep.equal({ lies: [6], among: [3, 4, 5, 7], regains: false });
    expect(found([6, 1, 2], 1, { isOpen: false }).seen).to.equal(undefined);
  });
});
