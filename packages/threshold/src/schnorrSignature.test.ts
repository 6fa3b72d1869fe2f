import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { codeOf, invalidPoints, keyPair, name32 } from "../test/fixtures.ts";
import { addr, base, difference, inverse, keccakModN, mod, mul, N } from "../test/naiveCurve.ts";
import { DOMAINS } from "./domains.ts";
import { G, type Point } from "./point.ts";
import { provePossession } from "./schnorr.ts";
import {
  encodeSchnorrSignature,
  parseSchnorrSignature,
  type SchnorrSignature,
  schnorrChallenge,
  verifySchnorrSignature,
} from "./schnorrSignature.ts";

const alice = keyPair("alice signs");
const message = name32("m");

/** By one signer, with a known nonce. */
const signed = (secret: bigint, publicKey: Point, m: Uint8Array, nonce: bigint): SchnorrSignature => {
  const c = schnorrChallenge(publicKey, m, G.multiply(nonce));
  return { c, z: mod(nonce + c * secret, N) };
};
const good = signed(alice.secret.reveal(), alice.publicKey, message, 77n);

describe("a Schnorr signature", () => {
  it("is c and z of the formula as it is written, by independent arithmetic", () => {
    const { x, y } = alice.publicKey.toAffine();
    const commitment = difference(good.z, base, good.c, { x, y });
    expect(commitment).to.deep.equal(mul(base, 77n));
    expect(keccakModN(DOMAINS.schnorrSignature, message, x, y, addr(commitment))).to.equal(good.c);
  });

  it("verifies, for any key, message and nonce", () => {
    const scalar = fc.bigInt(1n, N - 1n);
    fc.assert(
      fc.property(scalar, scalar, fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret, nonce, m) => {
        const publicKey = G.multiply(secret);
        return verifySchnorrSignature(publicKey, m, signed(secret, publicKey, m, nonce));
      }),
      { numRuns: casesFor(10) },
    );
  });

  it("attack 28: verifies for no other message, key, c or z, and in one form only", () => {
    const wrong: Record<string, boolean> = {
      message: verifySchnorrSignature(alice.publicKey, name32("another"), good),
      key: verifySchnorrSignature(alice.publicKey.add(G), message, good),
      "the key's negative": verifySchnorrSignature(alice.publicKey.negate(), message, good),
      c: verifySchnorrSignature(alice.publicKey, message, { ...good, c: mod(good.c + 1n, N) }),
      z: verifySchnorrSignature(alice.publicKey, message, { ...good, z: mod(good.z + 1n, N) }),
      "z negated": verifySchnorrSignature(alice.publicKey, message, { ...good, z: N - good.z }),
      "z + n": good.z + N < 2n ** 256n && verifySchnorrSignature(alice.publicKey, message, { ...good, z: good.z + N }),
      "c = 0": verifySchnorrSignature(alice.publicKey, message, { ...good, c: 0n }),
      "z = 0": verifySchnorrSignature(alice.publicKey, message, { ...good, z: 0n }),
      "z = n": verifySchnorrSignature(alice.publicKey, message, { ...good, z: N }),
    };
    expect(Object.entries(wrong).filter(([, held]) => held)).to.deep.equal([]);
    expect(verifySchnorrSignature(alice.publicKey, message, good), "control").to.equal(true);
  });

  it("with R infinite is refused, whatever c is", () => {
    const c = 12345n; // zG = cS
    expect(verifySchnorrSignature(alice.publicKey, message, { c, z: mod(c * alice.secret.reveal(), N) })).to.equal(false);
    const publicKey = G.multiply(inverse(c, N));
    expect(verifySchnorrSignature(publicKey, message, { c, z: 1n })).to.equal(false);
  });

  it("attack 29: a proof of possession of the same key over the same bytes is no signature, and no signature is a proof", () => {
    const proof = provePossession(alice.secret, message);
    expect(verifySchnorrSignature(alice.publicKey, message, proof)).to.equal(false);
    expect(Buffer.from(DOMAINS.possession).equals(DOMAINS.schnorrSignature), "their preimages differ in the first word").to.equal(false);
  });

  it("attack 25: under a key that is no valid point is none", () => {
    for (const [what, point] of Object.entries(invalidPoints())) expect(verifySchnorrSignature(point, message, good), what).to.equal(false);
  });

  it("is 64 bytes, and reads back; other lengths and values out of range are refused", () => {
    const bytes = encodeSchnorrSignature(good);
    expect([bytes.length, parseSchnorrSignature(bytes)]).to.deep.equal([64, good]);
    for (const length of [0, 63, 65]) expect(codeOf(() => parseSchnorrSignature(new Uint8Array(length)))).to.equal("INVALID_BYTES");
    for (const bad of [
      { ...good, c: 0n },
      { ...good, z: 0n },
      { ...good, c: N },
      { ...good, z: N },
    ])
      expect(codeOf(() => encodeSchnorrSignature(bad))).to.equal("INVALID_SCALAR");
    for (const at of [0, 32]) {
      const zero = Uint8Array.from(bytes).fill(0, at, at + 32);
      const high = Uint8Array.from(bytes).fill(0xff, at, at + 32);
      for (const bad of [zero, high]) expect(codeOf(() => parseSchnorrSignature(bad))).to.equal("INVALID_SCALAR");
    }
  });

  it("takes 32 bytes and a point", () => {
    expect(codeOf(() => verifySchnorrSignature(alice.publicKey, new Uint8Array(31), good))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifySchnorrSignature(undefined as unknown as Point, message, good))).to.equal("INVALID_POINT");
    expect(codeOf(() => verifySchnorrSignature(alice.publicKey, message, undefined as unknown as SchnorrSignature))).to.equal(
      "INVALID_INPUT",
    );
  });
});
