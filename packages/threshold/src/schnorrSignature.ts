import { backend } from "./backend.ts";
import { assertBytes, assertRecord, bytesToInteger, integerToWord } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { addressOfPoint, G, isValidPoint, type Point } from "./point.ts";
import { assertNonZeroScalar, isProofScalar, negateScalar } from "./scalar.ts";
import { hashToScalar } from "./words.ts";

/** A signature by a Schnorr key. Public. Both in 1..n-1. PROTOCOL section 9. */
export type SchnorrSignature = { readonly c: bigint; readonly z: bigint };

/** c and z, a word each. */
export const SCHNORR_SIGNATURE_BYTES = 64;

/** c of a 32-byte message under S' and a commitment R, which must be finite; 0 is none. PROTOCOL section 9. */
export const schnorrChallenge = (publicKey: Point, message: Uint8Array, commitment: Point): bigint =>
  challengeOf(publicKey, message, addressOfPoint(commitment));

const challengeOf = (publicKey: Point, message: Uint8Array, commitmentAddress: Uint8Array): bigint =>
  hashToScalar(DOMAINS.schnorrSignature, message, publicKey, commitmentAddress);

/**
 * Checks a signature over 32 bytes as the contract does: R = zG - cS', c again from its address. False for any wrong signature; throws INVALID_POINT,
 * INVALID_BYTES, INVALID_SCALAR for wrong types. PROTOCOL section 9.
 */
export function verifySchnorrSignature(publicKey: Point, message: Uint8Array, signature: SchnorrSignature): boolean {
  assertBytes(message, 32, "message");
  assertRecord(signature, "signature");
  const { c, z } = signature;
  const scalarsFit = [isProofScalar(c, "c"), isProofScalar(z, "z")].every(Boolean);
  if (!isValidPoint(publicKey, "public key") || !scalarsFit) return false;
  const commitments = backend.calculate(({ times, plus, addresses }) => addresses([plus(times(G, z), times(publicKey, negateScalar(c)))]));
  const [commitment] = commitments ?? [];
  return commitment !== undefined && challengeOf(publicKey, message, commitment) === c;
}

/** 64 bytes: c, z. Throws INVALID_SCALAR. */
export function encodeSchnorrSignature({ c, z }: SchnorrSignature): Uint8Array {
  assertNonZeroScalar(c, "c");
  assertNonZeroScalar(z, "z");
  const bytes = new Uint8Array(SCHNORR_SIGNATURE_BYTES);
  bytes.set(integerToWord(c), 0);
  bytes.set(integerToWord(z), 32);
  return bytes;
}

/** Reads 64 bytes. Throws INVALID_BYTES, INVALID_SCALAR. */
export function parseSchnorrSignature(bytes: Uint8Array): SchnorrSignature {
  assertBytes(bytes, SCHNORR_SIGNATURE_BYTES, "signature");
  const [c, z] = [bytesToInteger(bytes.subarray(0, 32)), bytesToInteger(bytes.subarray(32))];
  assertNonZeroScalar(c, "c");
  assertNonZeroScalar(z, "z");
  return { c, z };
}
