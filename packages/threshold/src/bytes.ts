import { ThresholdError } from "./errors.ts";

/** Throws INVALID_BYTES unless `value` is a Uint8Array of exactly `length` bytes. */
export function assertBytes(value: unknown, length: number, name: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) {
    const got = value instanceof Uint8Array ? `${value.length} bytes` : typeof value;
    throw new ThresholdError("INVALID_BYTES", `${name} must be ${length} bytes, not ${got}.`, { details: { name, expected: length, got } });
  }
}

/** True iff both have the same bytes. Not constant time: for public bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Big-endian integer of any number of bytes. */
export function bytesToInteger(bytes: Uint8Array): bigint {
  let hex = "0x0";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}

/** 32 bytes, big-endian, of an integer that the caller knows to be in 0..2^256-1. */
export function integerToWord(value: bigint): Uint8Array {
  const hex = value.toString(16).padStart(64, "0");
  const word = new Uint8Array(32);
  for (let i = 0; i < 32; i++) word[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return word;
}
