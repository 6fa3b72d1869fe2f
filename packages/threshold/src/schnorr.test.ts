import { expect } from "chai";
import { alice, altered, mallory, NO_POINTS, naive, unreduced, WRONG_POINTS, WRONG_SCALARS, WRONG_TYPES } from "../test/altered.ts";
import { codeOf, name32, seededRandom } from "../test/fixtures.ts";
import { addr, base, difference, keccakModN, tag } from "../test/naiveCurve.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { provePossession, type SchnorrProof, verifyPossession } from "./schnorr.ts";
import { SecretScalar } from "./secret.ts";

describe("possession", () => {
  const message = name32("message");
  const proof = provePossession(alice.secret, message, seededRandom("possession"));
  const { publicKey } = alice;

  it("holds, also by the formula of PROTOCOL 2.1", () => {
    expect(verifyPossession(publicKey, message, proof)).to.equal(true);
    const R = difference(proof.z, base, proof.c, naive(publicKey));
    expect(keccakModN(tag("possession"), message, naive(publicKey), addr(R))).to.equal(proof.c);
  });

  it("attack 28: every altered field is refused", () => {
    const proofs = altered(proof, {
      c: [...WRONG_SCALARS, proof.c + 1n, CURVE_ORDER - proof.c, ...unreduced(proof.c)],
      z: [...WRONG_SCALARS, proof.z + 1n, CURVE_ORDER - proof.z, ...unreduced(proof.z)],
    });
    for (const wrong of proofs) expect(verifyPossession(publicKey, message, wrong)).to.equal(false);
    for (const point of WRONG_POINTS) expect(verifyPossession(point, message, proof)).to.equal(false);
    expect(verifyPossession(nobleBackend.neg(publicKey), message, proof)).to.equal(false);
    expect(verifyPossession(publicKey, name32("another message"), proof)).to.equal(false);
  });

  it("attack 19: no proof of alice's becomes one for alice's key plus dG", () => {
    const d = 5n;
    const related = publicKey.add(nobleBackend.mulG(d));
    expect(verifyPossession(related, message, proof)).to.equal(false);
    // Without P in the challenge, z + c d would prove PK + dG.
    expect(verifyPossession(related, message, { c: proof.c, z: (proof.z + proof.c * d) % CURVE_ORDER })).to.equal(false);
  });

  it("a chosen c and z without the secret are refused: c must come from R", () => {
    const [c, z] = [123n, 456n];
    expect(verifyPossession(mallory.publicKey, message, { c, z })).to.equal(false);
    // R = infinity: c P = z G needs the secret; and where mallory has it, infinity is refused.
    const s = mallory.secret.reveal();
    expect(verifyPossession(mallory.publicKey, message, { c, z: (c * s) % CURVE_ORDER })).to.equal(false);
  });

  it("wrong types throw a code, wrong proofs never throw", () => {
    for (const value of WRONG_TYPES)
      for (const field of ["c", "z"])
        expect(codeOf(() => verifyPossession(publicKey, message, { ...proof, [field]: value }))).to.equal("INVALID_SCALAR");
    for (const point of NO_POINTS) expect(codeOf(() => verifyPossession(point, message, proof))).to.equal("INVALID_POINT");
    for (const bytes of [new Uint8Array(31), "x", null])
      expect(codeOf(() => verifyPossession(publicKey, bytes as Uint8Array, proof))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyPossession(publicKey, message, null as unknown as SchnorrProof))).to.equal("INVALID_INPUT");
    expect(codeOf(() => provePossession(SecretScalar.from(0n), message))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => provePossession(5n as unknown as SecretScalar, message))).to.equal("INVALID_SCALAR");
  });
});
