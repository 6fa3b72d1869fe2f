import { ThresholdError } from "./errors.ts";

/** Throws INVALID_BYTES unless `value` is a Uint8Array of exactly `length` bytes. */
export function assertBytes(value: unknown, length: number, name: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) {
    const got = value instanceof Uint8Array ? `${value.length} bytes` : typeof value;
    throw new ThresholdError("INVALID_BYTES", `${name} must be ${length} bytes, not ${got}.`, { details: { name, expected: length, got } });
  }
}

/** Throws INVALID_INPUT unless `value` is an object: an argument that a caller left out or took from elsewhere. */
export function assertRecord(value: unknown, name: string): void {
  if (typeof value === "object" && value !== null) return;
  throw new ThresholdError("INVALID_INPUT", `${name} is missing or no object.`, { details: { name } });
}

/** Throws INVALID_INPUT unless `value` is an array. */
export function assertArray(value: unknown, name: string): void {
  if (!Array.isArray(value)) throw new ThresholdError("INVALID_INPUT", `${name} must be an array.`, { details: { name } });
}

/** True iff both have the same bytes. Not constant time: for public bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const LIMB_BITS = 64n;

/** Big-endian integer of any number of bytes. */
export function bytesToInteger(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const odd = bytes.length % 8;
  let value = 0n;
  for (let i = 0; i < odd; i++) value = (value << 8n) | BigInt(bytes[i] as number);
  for (let i = odd; i < bytes.length; i += 8) value = (value << LIMB_BITS) | view.getBigUint64(i);
  return value;
}

/** 32 bytes, big-endian, of an integer that the caller knows to be in 0..2^256-1. */
export function integerToWord(value: bigint): Uint8Array {
  const word = new Uint8Array(32);
  const view = new DataView(word.buffer);
  for (let i = 0; i < 4; i++) view.setBigUint64(24 - 8 * i, value >> (LIMB_BITS * BigInt(i))); // modulo 2^64
  return word;
}
