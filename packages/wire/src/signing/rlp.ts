import { joinBytes } from "./abiTuple.ts";

// Recursive length prefix, as far as a transaction of type 2 needs it: byte strings, whole numbers and lists.

/** A byte string. */
export const rlpBytes = (bytes: Uint8Array): Uint8Array => {
  if (bytes.length === 1 && (bytes[0] as number) < 0x80) return bytes; // true: it has one
  return joinBytes([lengthOf(bytes.length, 0x80), bytes]);
};

/** A whole number: its bytes without leading zeros; 0 is the empty string. */
export const rlpInteger = (value: bigint): Uint8Array => rlpBytes(bigEndian(value));

/** A list of what is encoded already. */
export const rlpList = (items: readonly Uint8Array[]): Uint8Array => {
  const content = joinBytes(items);
  return joinBytes([lengthOf(content.length, 0xc0), content]);
};

const lengthOf = (length: number, base: number): Uint8Array => {
  if (length < 56) return Uint8Array.of(base + length);
  const bytes = bigEndian(BigInt(length));
  return Uint8Array.of(base + 55 + bytes.length, ...bytes);
};

const bigEndian = (value: bigint): Uint8Array => {
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Uint8Array.from({ length: even.length / 2 }, (_, at) => Number.parseInt(even.slice(2 * at, 2 * at + 2), 16));
};
