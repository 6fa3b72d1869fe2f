// RFC 9591's vectors by its own suite, and noble's FROST as an oracle for ours: both over the code that signs.
import { createFROST } from "@noble/curves/abstract/frost.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { frostKey, knownNonces, mod, shownBy } from "../../test/frost.ts";
import { addr, keccakModN } from "../../test/naiveCurve.ts";
import { RFC_SUITE, RFC_VECTOR, rfcNonce } from "../../test/rfc9591.ts";
import { bytesToInteger } from "../bytes.ts";
import { derivedKey } from "../derivation.ts";
import { DOMAINS } from "../domains.ts";
import { secp256k1, secp256k1_hasher } from "../noble.ts";
import { nobleBackend } from "../nobleBackend.ts";
import { parsePoint } from "../parsePoint.ts";
import { encodePoint } from "../point.ts";
import { CURVE_ORDER, encodeScalar } from "../scalar.ts";
import { verifySchnorrSignature } from "../schnorrSignature.ts";
import { SecretScalar } from "../secret.ts";
import { combineSignatureShares } from "./combine.ts";
import { openPackage } from "./package.ts";
import { createSignatureShare, verifySignatureShare } from "./share.ts";
import { EVM_SUITE, type FrostSuite } from "./suite.ts";

const scalar = (hex: string): bigint => BigInt(`0x${hex}`);

describe("FROST by RFC 9591's suite", () => {
  const publicKey = parsePoint(hexToBytes(RFC_VECTOR.publicKey));
  const { message, signers } = RFC_VECTOR;

  it("gives the vector's nonces, commitments, binding factors, shares and signature", () => {
    const drawn = signers.map((one) => {
      expect(rfcNonce(hexToBytes(one.hidingRandom), hexToBytes(one.share))).to.equal(scalar(one.hiding));
      expect(rfcNonce(hexToBytes(one.bindingRandom), hexToBytes(one.share))).to.equal(scalar(one.binding));
      const nonces = knownNonces(scalar(one.hiding), scalar(one.binding));
      expect(bytesToHex(encodePoint(nonces.commitment.hiding))).to.equal(one.hidingCommitment);
      expect(bytesToHex(encodePoint(nonces.commitment.binding))).to.equal(one.bindingCommitment);
      return { slot: one.slot, nonces };
    });
    const attempt = openPackage({ publicKey, message, quorum: 2, commitments: shownBy(drawn) }, RFC_SUITE);
    if (attempt === undefined) throw new Error("a void attempt");
    const shares = signers.map((one, i) => {
      expect(attempt.bindingFactors.get(one.slot)).to.equal(scalar(one.bindingFactor));
      const nonces = (drawn[i] as (typeof drawn)[number]).nonces;
      const z = createSignatureShare({ attempt, slot: one.slot, share: SecretScalar.from(scalar(one.share)), offset: 0n, nonces });
      expect(z).to.equal(scalar(one.z));
      return { slot: one.slot, z: scalar(one.z), verifyingShare: nobleBackend.mulG(scalar(one.share)) };
    });
    for (const share of shares) expect(verifySignatureShare({ attempt, offset: 0n, ...share }, share.z)).to.equal(true);
    const made = combineSignatureShares({ attempt, offset: 0n, shares }, RFC_SUITE);
    if (made.kind !== "signature") throw new Error(made.kind);
    expect(bytesToHex(encodePoint(made.commitment)) + bytesToHex(encodeScalar(made.z))).to.equal(RFC_VECTOR.signature);
  });
});

/** noble's FROST with our challenge, computed by code that the suite does not use. What binding factors are hashed with is the RFC's in both. */
const oracle = createFROST({
  name: RFC_SUITE.name,
  Point: secp256k1.Point,
  hash: sha256,
  hashToScalar: secp256k1_hasher.hashToScalar,
  challenge: (commitment, publicKey, message) => {
    const { x, y } = publicKey.toAffine();
    return keccakModN(DOMAINS.schnorrSignature, message, x, y, addr(commitment.toAffine()));
  },
});
const ours: FrostSuite = { ...RFC_SUITE, challenge: EVM_SUITE.challenge };

describe("FROST beside noble's, with our challenge", () => {
  const idOf = (slot: number) => oracle.Identifier.fromNumber(slot);
  const message = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const cases = fc.record({ message, seed: fc.nat(), threshold: fc.integer({ min: 1, max: 4 }), offset: fc.bigInt(0n, CURVE_ORDER - 1n) });

  it("every share and the signature are noble's, for derived keys too, and each side's signature verifies on the other", () => {
    fc.assert(
      fc.property(cases, ({ message, seed, threshold, offset }) => {
        const key = frostKey(`oracle ${seed}`, threshold);
        const slots = Array.from({ length: threshold + 1 }, (_, i) => 2 * i + 1 + (seed % 2));
        const publicKey = derivedKey(key.publicKey, offset);
        // noble knows no offset: its shares are those of the derived key.
        const signers = slots.map((slot) => {
          const signingShare = encodeScalar(mod(key.shareOf(slot).reveal() + offset));
          const secret = { identifier: idOf(slot), signingShare };
          return { slot, secret, ...oracle.commit(secret) };
        });
        const pub = {
          signers: { min: threshold + 1, max: threshold + 5 },
          commitments: [encodePoint(publicKey), ...slots.slice(1).map(() => encodePoint(publicKey))],
          verifyingShares: Object.fromEntries(
            signers.map(({ secret }) => [secret.identifier, encodePoint(nobleBackend.mulG(bytesToInteger(secret.signingShare)))]),
          ),
        };
        const drawn = signers.map(({ slot, nonces }) => ({
          slot,
          nonces: knownNonces(bytesToInteger(nonces.hiding), bytesToInteger(nonces.binding)),
        }));
        const attempt = openPackage({ publicKey, message, quorum: threshold + 1, commitments: shownBy(drawn) }, ours);
        if (attempt === undefined) throw new Error("a void attempt");
        const list = signers.map(({ commitments }) => commitments);
        const shares = signers.map(({ slot, secret, nonces }, i) => {
          const own = (drawn[i] as (typeof drawn)[number]).nonces;
          const z = createSignatureShare({ attempt, slot, share: key.shareOf(slot), offset, nonces: own }) as bigint;
          const theirs = oracle.signShare(secret, pub, nonces, list, message); // it erases its nonces
          expect(bytesToInteger(theirs)).to.equal(z);
          return { slot, z, theirs, verifyingShare: key.verifyingShareOf(slot) };
        });
        const made = combineSignatureShares({ attempt, offset, shares }, ours);
        if (made.kind !== "signature") throw new Error(made.kind);
        expect(verifySchnorrSignature(publicKey, message, made)).to.equal(true);
        const sent = Object.fromEntries(shares.map(({ slot, theirs }) => [idOf(slot), theirs]));
        const theirs = oracle.aggregate(pub, list, message, sent);
        expect(bytesToHex(theirs)).to.equal(bytesToHex(encodePoint(made.commitment)) + bytesToHex(encodeScalar(made.z)));
        return oracle.verify(theirs, message, encodePoint(publicKey));
      }),
      { numRuns: casesFor(6) },
    );
  });
});
