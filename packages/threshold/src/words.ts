import { backend } from "./backend.ts";
import { bytesToInteger, integerToWord } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { assertPointType, type Point } from "./point.ts";
import { assertWord, reduceScalar } from "./scalar.ts";

/** One fixed-size part of a preimage: 32 bytes, 20 bytes (an address, left-padded), an unsigned integer, or a point (two words; infinity is 0, 0). */
export type WordPart = Uint8Array | bigint | number | Point;

/** `abi.encode` of fixed-size parts: 32-byte words, nothing else. Throws INVALID_BYTES, INVALID_SCALAR, INVALID_INTEGER, INVALID_POINT. PROTOCOL section 1.1. */
export function encodeWords(...parts: readonly WordPart[]): Uint8Array {
  const words = parts.flatMap(wordsOf);
  const out = new Uint8Array(32 * words.length);
  words.forEach((word, i) => {
    out.set(word, 32 * (i + 1) - word.length);
  });
  return out;
}

function wordsOf(part: WordPart): Uint8Array[] {
  if (part instanceof Uint8Array) return [bytesWord(part)];
  if (typeof part === "number") return [integerToWord(integerPart(part))];
  if (typeof part === "bigint") {
    assertWord(part, "preimage word");
    return [integerToWord(part)];
  }
  assertPointType(part, "preimage part");
  const { x, y } = part.toAffine(); // infinity is (0, 0): no valid point has it
  return [integerToWord(x), integerToWord(y)];
}

function bytesWord(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 32 || bytes.length === 20) return bytes;
  throw new ThresholdError("INVALID_BYTES", `A preimage part must be 32 or 20 bytes, not ${bytes.length}.`, {
    details: { got: bytes.length },
  });
}

function integerPart(value: number): bigint {
  if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) return BigInt(value);
  throw new ThresholdError("INVALID_INTEGER", "A preimage number must be an integer in 0..2^53-1.", { details: { value: String(value) } });
}

/** keccak256 of `encodeWords(...parts)`, 32 bytes. */
export const keccakWords = (...parts: readonly WordPart[]): Uint8Array => backend.keccak256(encodeWords(...parts));

/** keccak256 of `encodeWords(...parts)` modulo n. The bias is 2^-128. PROTOCOL section 1.2. */
export const hashToScalar = (...parts: readonly WordPart[]): bigint => {
  const message = encodeWords(...parts);
  const hash = backend.keccak256(message);
  message.fill(0); // a pad's is secret
  const scalar = reduceScalar(bytesToInteger(hash));
  hash.fill(0);
  return scalar;
};
