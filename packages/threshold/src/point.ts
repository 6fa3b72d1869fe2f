import { keccak_256 } from "@noble/hashes/sha3.js";
import { integerToWord } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { PointClass, secp256k1_hasher } from "./noble.ts";
import { CURVE_ORDER } from "./scalar.ts";

/** A point of secp256k1 in noble's form. Infinity is a value of this type; whoever takes a point from outside refuses it. */
export type Point = InstanceType<typeof PointClass>;

/** p, the field prime of secp256k1. */
export const FIELD_PRIME: bigint = PointClass.Fp.ORDER;

/** The generator. Its table is built at first use. */
export const G: Point = PointClass.BASE.precompute(8);

/** The neutral element. Never valid on the wire. */
export const INFINITY: Point = PointClass.ZERO;

/** RFC 9380 domain separation tag of SECOND_BASE. PROTOCOL section 4.2, D13. */
export const SECOND_BASE_DST = "KEYQUORUM-V1-TDH2_secp256k1_XMD:SHA-256_SSWU_RO_";

/** hash_to_curve(message) by RFC 9380, suite secp256k1_XMD:SHA-256_SSWU_RO_, with the given domain separation tag. */
export const hashToPoint = (message: Uint8Array, dst: string): Point => secp256k1_hasher.hashToCurve(message, { DST: dst });

/**
 * Gb = hashToPoint("second base", SECOND_BASE_DST), the second base of TDH2: nobody knows its discrete logarithm. Written down
 * here, mirrored in contracts/libraries/Tdh2.sol, and computed again by a test. PROTOCOL section 4.2.
 */
export const SECOND_BASE: Point = PointClass.fromAffine({
  x: 0x984bf84b0f8a9f68ebff8992d2c723f5ca6de2c6e74de215dbe06847fdddd8fcn,
  y: 0x21dc3a2ec37a092a27a4ec8d7f1d6b5ded3ada928a5d39ac6bd4623a47c86465n,
}).precompute(8);

/** INVALID_POINT: what it is, and why it is none. */
export const invalidPoint = (name: string, why: string): ThresholdError =>
  new ThresholdError("INVALID_POINT", `${name} is not a valid point: ${why}.`, { details: { name, why } });

/** Throws INVALID_POINT unless `value` is a Point object, valid or not. */
export function assertPointType(value: unknown, name = "point"): asserts value is Point {
  if (!(value instanceof PointClass)) throw invalidPoint(name, "not a Point");
}

/** True iff the point is finite, on the curve and 0 < x < n. PROTOCOL section 1.3, D10. Throws INVALID_POINT for what is not a Point at all. */
export function isValidPoint(point: unknown, name = "point"): point is Point {
  assertPointType(point, name);
  if (point.is0()) return false;
  try {
    point.assertValidity(); // on the curve; noble remembers points that passed
  } catch {
    return false; // noble reports an off-curve point only by throwing
  }
  return point.x < CURVE_ORDER;
}

/** Throws INVALID_POINT unless the point is valid by PROTOCOL section 1.3. */
export function assertPoint(value: unknown, name = "point"): asserts value is Point {
  if (!isValidPoint(value, name)) throw invalidPoint(name, "infinity, off the curve, or x >= n");
}

/** 33 bytes of a valid point. Throws INVALID_POINT. */
export function encodePoint(point: Point): Uint8Array {
  assertPoint(point);
  return point.toBytes(true);
}

/** The point with these affine coordinates. Throws INVALID_POINT. PROTOCOL section 1.3. */
export function pointFromXY(x: bigint, y: bigint): Point {
  const isCoordinate = (v: unknown): boolean => typeof v === "bigint" && v >= 0n && v < FIELD_PRIME;
  if (!isCoordinate(x) || !isCoordinate(y)) throw invalidPoint("point", "a coordinate is not in 0..p-1");
  if (y === 0n) throw invalidPoint("point", "y is 0");
  const point = PointClass.fromAffine({ x, y });
  assertPoint(point);
  return point;
}

/** Affine coordinates of a valid point. Throws INVALID_POINT. */
export function toXY(point: Point): { x: bigint; y: bigint } {
  assertPoint(point);
  return point.toAffine();
}

/** addr(P): the last 20 bytes of keccak(x || y). Public. Throws INVALID_POINT for infinity. */
export function addressOfPoint(point: Point): Uint8Array {
  assertPointType(point);
  if (point.is0()) throw invalidPoint("point", "infinity has no address");
  // x >= n is allowed here: a commitment of a proof is hashed, never sent.
  const { x, y } = point.toAffine();
  const preimage = new Uint8Array(64);
  preimage.set(integerToWord(x), 0);
  preimage.set(integerToWord(y), 32);
  return keccak_256(preimage).slice(12);
}
