import { expect } from "chai";
import { answersOf, changedBackend, codeOf, keyPair, LABEL, network, sealed } from "../test/fixtures.ts";
import { withBackend } from "./backend.ts";
import { combineVerified } from "./combine.ts";
import type { EcBackend } from "./ecBackend.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { deriveContentSecret } from "./tdh2.ts";
import { type SlotAnswer, type VerifiedAnswer, verifyAnswer } from "./verifiedAnswer.ts";

const net = network();
const { ciphertext, contentSecret } = sealed(net.jointKey);
const { u } = ciphertext;
const bob = keyPair("bob");
const answers = answersOf(net, [1, 2, 3], u, bob.publicKey);
const asked = { u, readerKey: bob.publicKey };
const verify = (answer: SlotAnswer): VerifiedAnswer => {
  const verified = verifyAnswer(asked, answer);
  if (verified === undefined) throw new Error("the answer is wrong");
  return verified;
};
const combine = (given: readonly VerifiedAnswer[], more: object = {}) =>
  combineVerified({ quorum: 3, u, readerSecret: bob.secret, answers: given, ...more });

/** A backend that counts how often the challenge's -c multiplies a public key: once for each verification. */
const counting = (): { readonly backend: EcBackend; readonly verified: () => number } => {
  let count = 0;
  const mulVar: EcBackend["mulVar"] = (point, scalar) => {
    if (answers.some(({ answer, verifyingShare }) => CURVE_ORDER - answer.c === scalar && verifyingShare.equals(point))) count += 1;
    return nobleBackend.mulVar(point, scalar);
  };
  return { backend: changedBackend({ mulVar }), verified: () => count };
};

describe("A verified answer", () => {
  it("combines to the content secret, and is not verified again", () => {
    const { backend, verified } = counting();
    const given = withBackend(backend, () => answers.map((answer) => verifyAnswer(asked, answer)).filter((one) => one !== undefined));
    expect(verified(), "once each").to.equal(3);
    const { shared, used } = withBackend(backend, () =>
      combineVerified({ quorum: 3, u, readerSecret: bob.secret, answers: given, publicKey: net.jointKey }),
    );
    expect(deriveContentSecret({ shared, label: LABEL, u })).to.deep.equal(contentSecret);
    expect([used, verified()]).to.deep.equal([[1, 2, 3], 3]);
  });

  it("is none where the proof does not verify", () => {
    const [{ answer, ...rest }] = answers as [SlotAnswer];
    expect(verifyAnswer(asked, { ...rest, answer: { ...answer, zs: answer.zs ^ 1n } })).to.equal(undefined);
    expect(verifyAnswer({ ...asked, readerKey: keyPair("mallory").publicKey }, answers[0] as SlotAnswer)).to.equal(undefined);
  });

  it("is all that combining takes: it takes nothing else, however it is typed", () => {
    const right = answers.map(verify);
    const [first] = right as [VerifiedAnswer];
    // @ts-expect-error: an answer as it came is no verified one
    const unverified: VerifiedAnswer = answers[0] as SlotAnswer;
    for (const other of [unverified, { ...first }, structuredClone({ slot: 1 }) as VerifiedAnswer, Object.create(first) as VerifiedAnswer])
      expect(codeOf(() => combine([other, ...right.slice(1)]))).to.equal("INVALID_INPUT");
    expect(codeOf(() => combine([null as never, ...right]))).to.equal("INVALID_INPUT");
  });

  it("is verified for one document and one reader: for another document or reader it does not combine", () => {
    const right = answers.map(verify);
    expect(codeOf(() => combine(right, { u: sealed(net.jointKey, "another").ciphertext.u }))).to.equal("INVALID_INPUT");
    expect(codeOf(() => combine(right, { readerSecret: keyPair("mallory").secret }))).to.equal("INVALID_INPUT");
  });

  it("stays what was verified: it is a frozen copy, read once", () => {
    const [given] = answers as [SlotAnswer];
    let reads = 0;
    const changing = {
      ...given,
      get answer() {
        reads += 1;
        return reads > 2 ? { ...given.answer, zs: 1n } : given.answer;
      },
    };
    const kept = verify(changing);
    expect(kept.answer).to.deep.equal(given.answer);
    expect([Object.isFrozen(kept), Object.isFrozen(kept.answer)]).to.deep.equal([true, true]);
  });
});
