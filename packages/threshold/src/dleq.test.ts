import { expect } from "chai";
import { alice, altered, NO_POINTS, naive, unreduced, WRONG_POINTS, WRONG_SCALARS, WRONG_TYPES } from "../test/altered.ts";
import { codeOf, invalidPoints, name32, sealed, seededRandom } from "../test/fixtures.ts";
import { addr, base, difference, keccakModN, type Naive, P, tag } from "../test/naiveCurve.ts";
import { type DleqProof, type DleqStatement, dleqHints, proveDleq, verifyDleq } from "./dleq.ts";
import { inverseOfDifference } from "./hints.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { G, INFINITY } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { provePossession, verifyPossession } from "./schnorr.ts";
import { SecretScalar } from "./secret.ts";

describe("DLEQ", () => {
  const context = name32("context");
  const U = nobleBackend.mulG(31n);
  const statement: DleqStatement = {
    publicKey: alice.publicKey,
    base: U,
    image: nobleBackend.mulSecret(U, alice.secret.reveal()),
    context,
  };
  const proof = proveDleq({ secret: alice.secret, base: U, context }, seededRandom("dleq"));

  it("holds, also by the formula of PROTOCOL 2.2", () => {
    expect(verifyDleq(statement, proof)).to.equal(true);
    const [S, u, D] = [statement.publicKey, statement.base, statement.image].map(naive) as [Naive, Naive, Naive];
    const A1 = difference(proof.z, base, proof.c, S);
    const A2 = difference(proof.z, u, proof.c, D);
    expect(keccakModN(tag("dleq"), context, S, u, D, addr(A1), addr(A2))).to.equal(proof.c);
  });

  it("attack 28: every altered field is refused", () => {
    const proofs = altered(proof, {
      c: [...WRONG_SCALARS, CURVE_ORDER - proof.c, ...unreduced(proof.c)],
      z: [...WRONG_SCALARS, CURVE_ORDER - proof.z, ...unreduced(proof.z)],
    });
    for (const wrong of proofs) expect(verifyDleq(statement, wrong)).to.equal(false);
    const { publicKey, image } = statement;
    const statements = altered(statement, {
      publicKey: [...WRONG_POINTS, publicKey.negate(), image],
      base: [...WRONG_POINTS, U.negate(), G],
      image: [...WRONG_POINTS, image.negate(), publicKey],
      context: [name32("another context"), new Uint8Array(32)],
    });
    for (const wrong of statements) expect(verifyDleq(wrong, proof)).to.equal(false);
  });

  it("attack 25: a statement with s = 0 or U = infinity is refused, and not proved", () => {
    expect(verifyDleq({ ...statement, publicKey: INFINITY, image: INFINITY }, proof)).to.equal(false);
    expect(codeOf(() => proveDleq({ secret: SecretScalar.from(0n), base: U, context }))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => proveDleq({ secret: alice.secret, base: INFINITY, context }))).to.equal("INVALID_POINT");
  });

  it("attack 26: a secret never meets an invalid point", () => {
    for (const point of Object.values(invalidPoints()))
      expect(codeOf(() => proveDleq({ secret: alice.secret, base: point, context }))).to.equal("INVALID_POINT");
  });

  it("attack 40: hints are zU, cD and an inverse that checks; equal x is refused", () => {
    const { zU, cD, inverse } = dleqHints(statement, proof);
    expect(zU.equals(nobleBackend.mulVar(U, proof.z)) && cD.equals(nobleBackend.mulVar(statement.image, proof.c))).to.equal(true);
    expect((((cD.x - zU.x + P) % P) * inverse) % P).to.equal(1n);
    for (const [a, b] of [
      [G, G],
      [G, G.negate()],
      [INFINITY, G],
      [G, INFINITY],
    ] as const)
      expect(codeOf(() => inverseOfDifference(a, b))).to.equal("DEGENERATE_PROOF");
    // z = c s: zU = cD, A2 is infinity
    const degenerate = { c: 5n, z: (5n * alice.secret.reveal()) % CURVE_ORDER };
    expect(codeOf(() => dleqHints(statement, degenerate))).to.equal("DEGENERATE_PROOF");
    expect(verifyDleq(statement, degenerate)).to.equal(false);
  });

  it("section 2.3: a proof whose witnesses have equal x is refused even when its equations hold", () => {
    // Whoever knows s and picks a = -2 c s has z = -c s, so zU = -cD. c depends on a: search is infeasible, so the point check is what is tested.
    const opposite = { c: 5n, z: CURVE_ORDER - ((5n * alice.secret.reveal()) % CURVE_ORDER) };
    expect(codeOf(() => dleqHints(statement, opposite))).to.equal("DEGENERATE_PROOF");
    expect(verifyDleq(statement, opposite)).to.equal(false);
  });

  it("wrong types throw a code", () => {
    for (const value of WRONG_TYPES)
      for (const field of ["c", "z"]) expect(codeOf(() => verifyDleq(statement, { ...proof, [field]: value }))).to.equal("INVALID_SCALAR");
    for (const point of NO_POINTS)
      for (const field of ["publicKey", "base", "image"])
        expect(codeOf(() => verifyDleq({ ...statement, [field]: point }, proof))).to.equal("INVALID_POINT");
    expect(codeOf(() => verifyDleq({ ...statement, context: new Uint8Array(20) }, proof))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyDleq(statement, null as unknown as DleqProof))).to.equal("INVALID_INPUT");
    expect(codeOf(() => verifyDleq(null as unknown as DleqStatement, proof))).to.equal("INVALID_INPUT");
    for (const value of [0n, CURVE_ORDER, -1n, null])
      expect(codeOf(() => dleqHints(statement, { ...proof, c: value as bigint }))).to.equal("INVALID_SCALAR");
  });

  it("attack 29: another protocol's proof is no proof here", () => {
    const possession = provePossession(alice.secret, context, seededRandom("cross"));
    expect(verifyDleq(statement, possession)).to.equal(false);
    expect(verifyDleq({ ...statement, base: G, image: alice.publicKey }, possession)).to.equal(false);
    expect(verifyPossession(alice.publicKey, context, proof)).to.equal(false);
    expect(verifyDleq(statement, { c: sealed(alice.publicKey).ciphertext.e, z: sealed(alice.publicKey).ciphertext.f })).to.equal(false);
  });
});
