import { assertBytes, bytesToInteger, integerToWord } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { Fn } from "./noble.ts";

const WORD_LIMIT = 1n << 256n;

/** n, the order of secp256k1. Scalars are integers modulo n. PROTOCOL section 1.2. */
export const CURVE_ORDER: bigint = Fn.ORDER;

const invalid = (name: string, rule: string): ThresholdError =>
  new ThresholdError("INVALID_SCALAR", `${name} must be ${rule}.`, { details: { name } });

/** Throws INVALID_SCALAR unless `value` is a bigint in 0..n-1. PROTOCOL section 1.2. */
export function assertScalar(value: unknown, name = "scalar"): asserts value is bigint {
  if (typeof value !== "bigint" || value < 0n || value >= CURVE_ORDER) throw invalid(name, "a bigint in 0..n-1");
}

/** Throws INVALID_SCALAR unless `value` is a bigint in 1..n-1. */
export function assertNonZeroScalar(value: unknown, name = "scalar"): asserts value is bigint {
  assertScalar(value, name);
  if (value === 0n) throw invalid(name, "a bigint in 1..n-1");
}

/** Throws INVALID_SCALAR unless `value` is a bigint that fits one 32-byte word. */
export function assertWord(value: unknown, name = "word"): asserts value is bigint {
  if (typeof value !== "bigint" || value < 0n || value >= WORD_LIMIT) throw invalid(name, "a bigint in 0..2^256-1");
}

/** True iff a challenge or response is in 1..n-1. Throws INVALID_SCALAR when it is no 256-bit word at all. PROTOCOL sections 1.2 and 2.3. */
export function isProofScalar(value: unknown, name: string): value is bigint {
  assertWord(value, name);
  return value > 0n && value < CURVE_ORDER;
}

/** Reads 32 big-endian bytes; 0 is allowed. Throws INVALID_BYTES, INVALID_SCALAR. */
export function parseScalar(bytes: Uint8Array): bigint {
  assertBytes(bytes, 32, "scalar");
  const value = bytesToInteger(bytes);
  assertScalar(value);
  return value;
}

/** 32 big-endian bytes of a scalar. Throws INVALID_SCALAR. */
export function encodeScalar(scalar: bigint): Uint8Array {
  assertScalar(scalar);
  return integerToWord(scalar);
}

/** A scalar from any integer, modulo n. */
export const reduceScalar = (value: bigint): bigint => Fn.create(value);

/** -a modulo n, for a in 0..n-1. */
export const negateScalar = (scalar: bigint): bigint => Fn.neg(scalar);

/** 1/a modulo n. Throws INVALID_SCALAR for 0. */
export function invertScalar(scalar: bigint): bigint {
  assertNonZeroScalar(scalar);
  return Fn.inv(scalar);
}
