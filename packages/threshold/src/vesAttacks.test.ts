// The breaks of cryptography.md 2.4 against s(U + X), run against VES as shipped. Each is first shown to work on s(U + X).
import { expect } from "chai";
import { answersOf, contextOf, keyPair, LABEL, network, sealed } from "../test/fixtures.ts";
import { sameBytes } from "./bytes.ts";
import { combineAnswers } from "./combine.ts";
import { lagrangeAtZero } from "./lagrange.ts";
import { nobleBackend } from "./nobleBackend.ts";
import type { Point } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { SecretScalar } from "./secret.ts";
import { deriveContentSecret } from "./tdh2.ts";
import { verifyShareAnswer } from "./ves.ts";

const { mulVar, mulG } = nobleBackend;
const net = network();
const quorum = [1, 2, 3];
const alice1 = sealed(net.jointKey, "alice 1");
const alice2 = sealed(net.jointKey, "alice 2");
const [U1, U2] = [alice1.ciphertext.u, alice2.ciphertext.u];
const bob = keyPair("bob");
const mallory = keyPair("mallory");

/** What the world sees of a request: sum lambda K and sum lambda V. */
function published(u: Point, readerKey: Point, request: string): { K: Point; V: Point } {
  const answers = answersOf(net, quorum, u, readerKey, request);
  const sum = (points: Point[]): Point =>
    points.map((point, i) => mulVar(point, lagrangeAtZero(quorum, quorum[i] as number))).reduce((a, b) => a.add(b));
  return { K: sum(answers.map(({ answer }) => answer.k)), V: sum(answers.map(({ answer }) => answer.v)) };
}

/** The rejected design: everybody sees W = s(U + X). */
const s =
  quorum.reduce((total, slot) => total + lagrangeAtZero(quorum, slot) * (net.shares[slot - 1]?.share.reveal() ?? 0n), 0n) % CURVE_ORDER;
const rejectedDesign = (u: Point, readerKey: Point): Point => mulVar(u.add(readerKey), s);

const opens = (shared: Point, u: Point, contentSecret: Uint8Array): boolean =>
  !shared.is0() && sameBytes(deriveContentSecret({ shared, label: LABEL, u }), contentSecret);

describe("attacks on answers", () => {
  it("the honest reader opens the document", () => {
    const { shared } = combineAnswers({ quorum: 3, u: U1, readerSecret: bob.secret, answers: answersOf(net, quorum, U1, bob.publicKey) });
    expect(opens(shared, U1, alice1.contentSecret)).to.equal(true);
  });

  it("attack 4: one X for two documents does not unmask the second", () => {
    const Z1 = mulVar(U1, s); // mallory may read document 1
    const mask = rejectedDesign(U1, bob.publicKey).subtract(Z1);
    expect(opens(rejectedDesign(U2, bob.publicKey).subtract(mask), U2, alice2.contentSecret), "the control").to.equal(true);

    const [one, two] = [published(U1, bob.publicKey, "one"), published(U2, bob.publicKey, "two")];
    expect(opens(two.V.subtract(one.V.subtract(Z1)), U2, alice2.contentSecret)).to.equal(false);
    expect(one.K.equals(two.K)).to.equal(false);
    // an outsider's difference is no s(U1 - U2) either
    expect(one.V.subtract(two.V).equals(mulVar(U1.subtract(U2), s))).to.equal(false);
  });

  it("attack 5: the rogue key X = U2 - U1 + yG gives document 1 only", () => {
    const y = mallory.secret.reveal();
    const rogue = U2.subtract(U1).add(mulG(y));
    expect(opens(rejectedDesign(U1, rogue).subtract(mulVar(net.jointKey, y)), U2, alice2.contentSecret), "the control").to.equal(true);

    const { K, V } = published(U1, rogue, "rogue");
    for (const guess of [
      V,
      V.subtract(mulVar(net.jointKey, y)),
      V.subtract(mulVar(K, y)),
      V.subtract(mulVar(U1, s)),
      V.subtract(mulVar(U1, s)).subtract(mulVar(K, y)),
    ])
      expect(opens(guess, U2, alice2.contentSecret)).to.equal(false);
    // X multiplies k only: V = sU1 + kX, for every X
    const [answer] = answersOf(net, [1], U1, rogue, "rogue");
    expect(
      verifyShareAnswer(
        { ...(answer as NonNullable<typeof answer>), u: U1, readerKey: rogue },
        (answer as NonNullable<typeof answer>).answer,
      ),
    ).to.equal(true);
  });

  it("attack 6: bob's X copied into a request on mallory's own document does not unmask bob's", () => {
    const r = 4242n;
    const Um = mulG(r); // mallory knows r, so she knows r S = s Um
    const maskOfBob = rejectedDesign(Um, bob.publicKey).subtract(mulVar(net.jointKey, r));
    expect(opens(rejectedDesign(U1, bob.publicKey).subtract(maskOfBob), U1, alice1.contentSecret), "the control").to.equal(true);

    const [hers, bobs] = [published(Um, bob.publicKey, "mallory's"), published(U1, bob.publicKey, "bob's")];
    expect(opens(bobs.V.subtract(hers.V.subtract(mulVar(net.jointKey, r))), U1, alice1.contentSecret)).to.equal(false);
  });

  it("attack 7: an answer to bob's key is none for the key that a relay put in its place", () => {
    const [toBob] = answersOf(net, [1], U1, bob.publicKey);
    const { answer, context, verifyingShare } = toBob as NonNullable<typeof toBob>;
    expect(verifyShareAnswer({ verifyingShare, u: U1, readerKey: mallory.publicKey, context }, answer)).to.equal(false);
    const result = (): unknown =>
      combineAnswers({ quorum: 3, u: U1, readerSecret: mallory.secret, answers: answersOf(net, quorum, U1, bob.publicKey) });
    expect(result).to.throw().with.property("code", "TOO_FEW_SHARES");
  });

  it("attack 29: an answer for one request, epoch or slot is none for another", () => {
    const [made] = answersOf(net, [1], U1, bob.publicKey, "request 1");
    const { answer, verifyingShare } = made as NonNullable<typeof made>;
    for (const context of [contextOf("request 2", 1), contextOf("request 1", 2)])
      expect(verifyShareAnswer({ verifyingShare, u: U1, readerKey: bob.publicKey, context }, answer)).to.equal(false);
  });

  it("any fixed secret of the reader opens, also 1 and n - 1", () => {
    for (const x of [1n, CURVE_ORDER - 1n]) {
      const readerSecret = SecretScalar.from(x);
      const { shared } = combineAnswers({ quorum: 3, u: U1, readerSecret, answers: answersOf(net, quorum, U1, mulG(x), `x ${x}`) });
      expect(opens(shared, U1, alice1.contentSecret)).to.equal(true);
    }
  });
});
