import { type Point, pointFromXY, ThresholdError, toXY } from "@keyquorum/threshold";

/** x and y of a point, 32 bytes each, big endian, and nothing in front: the form in which Parity writes points and public keys. */
export const POINT64_BYTES = 64;

const WORD_BYTES = 32;

/** Reads a point. Throws ThresholdError INVALID_BYTES, and INVALID_POINT where it is not on the curve or its x is not below the curve's order (D10). */
export const parsePoint64 = (bytes: Uint8Array): Point => {
  if (bytes.length !== POINT64_BYTES)
    throw new ThresholdError("INVALID_BYTES", `A point must be ${POINT64_BYTES} bytes, not ${bytes.length}.`, {
      details: { got: bytes.length },
    });
  return pointFromXY(integerOf(bytes.subarray(0, WORD_BYTES)), integerOf(bytes.subarray(WORD_BYTES)));
};

/** 64 bytes of a valid point; each coordinate keeps its leading zeros. Throws ThresholdError INVALID_POINT. */
export const encodePoint64 = (point: Point): Uint8Array => {
  const { x, y } = toXY(point);
  const bytes = new Uint8Array(POINT64_BYTES);
  bytes.set(wordOf(x), 0);
  bytes.set(wordOf(y), WORD_BYTES);
  return bytes;
};

const integerOf = (bytes: Uint8Array): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** y may be above the curve's order, which `encodeScalar` refuses. */
const wordOf = (value: bigint): Uint8Array => {
  const word = new Uint8Array(WORD_BYTES);
  for (let i = 0; i < WORD_BYTES; i += 1) word[WORD_BYTES - 1 - i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return word;
};
