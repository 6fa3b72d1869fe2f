import { encodeWords, type WordPart } from "@keyquorum/threshold";
import { KeyquorumError } from "../errorCodes.ts";

// `abi.encode` of the few shapes that statements have: a tuple of words and of parts of any length. PROTOCOL section 9.

const WORD = 32;

/** A part of a tuple: one word, or what stands behind the words and is found by its offset. */
export type AbiPart = WordPart | { readonly tail: Uint8Array };

const isTail = (part: AbiPart): part is { readonly tail: Uint8Array } => typeof part === "object" && "tail" in part;

/** `abi.encode(parts..)`. */
export const encodeTuple = (parts: readonly AbiPart[]): Uint8Array => {
  let offset = WORD * parts.length;
  const heads: WordPart[] = [];
  const tails: Uint8Array[] = [];
  for (const part of parts) {
    if (!isTail(part)) {
      heads.push(part);
      continue;
    }
    heads.push(offset);
    tails.push(part.tail);
    offset += part.tail.length;
  }
  return joinBytes([encodeWords(...heads), ...tails]);
};

/** The tail of a `bytes`: its length and itself, filled up with zeros to whole words. */
export const bytesTail = (bytes: Uint8Array): { readonly tail: Uint8Array } => {
  const tail = new Uint8Array(WORD + WORD * Math.ceil(bytes.length / WORD));
  tail.set(encodeWords(bytes.length));
  tail.set(bytes, WORD);
  return { tail };
};

/** The tail of an array whose items have any length: their number, and a tuple of them. */
export const arrayTail = (items: readonly Uint8Array[]): { readonly tail: Uint8Array } => ({
  tail: joinBytes([encodeWords(items.length), encodeTuple(items.map((tail) => ({ tail })))]),
});

export const joinBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};

/** Reads a tuple. Whether the bytes have the one form that `encodeTuple` writes, the caller shows by writing them again: `assertSameBytes`. */
export type TupleReader = {
  /** The word at this place of the head, 32 bytes. */
  readonly word: (place: number) => Uint8Array;
  readonly integer: (place: number, bits: number) => bigint;
  /** 20 bytes. */
  readonly address: (place: number) => Uint8Array;
  readonly bytes: (place: number) => Uint8Array;
  /** The items of an array of tuples. */
  readonly tuples: (place: number) => readonly TupleReader[];
  /** The tuple that a place of the head points to. */
  readonly tuple: (place: number) => TupleReader;
};

const MOST_ITEMS = 256;

/** Throws INVALID_VALUE wherever something lies outside of the bytes. */
export const readTuple = (bytes: Uint8Array): TupleReader => {
  const slice = (from: number, length: number): Uint8Array => {
    if (from + length > bytes.length) throw malformed();
    return bytes.subarray(from, from + length);
  };
  const word = (place: number): Uint8Array => slice(WORD * place, WORD);
  const integer = (place: number, bits: number): bigint => limited(integerOf(word(place)), bits);
  const tailAt = (place: number): number => Number(limited(integerOf(word(place)), 32));
  const lengthAt = (at: number): number => Number(limited(integerOf(slice(at, WORD)), 32));
  return {
    word,
    integer,
    address: (place) => {
      limited(integerOf(word(place)), 160);
      return word(place).slice(12);
    },
    bytes: (place) => {
      const at = tailAt(place);
      return slice(at + WORD, lengthAt(at)).slice();
    },
    tuples: (place) => {
      const at = tailAt(place);
      const count = lengthAt(at);
      if (count > MOST_ITEMS) throw malformed();
      const items = bytes.subarray(at + WORD);
      const offsets = readTuple(items);
      return Array.from({ length: count }, (_, index) => readTuple(items.subarray(Number(offsets.integer(index, 32)))));
    },
    tuple: (place) => readTuple(bytes.subarray(tailAt(place))),
  };
};

/** Throws INVALID_VALUE unless the bytes are what was written again from what was read of them: one statement, one spelling. */
export const assertSameBytes = (bytes: Uint8Array, again: Uint8Array): void => {
  if (bytes.length !== again.length || bytes.some((byte, at) => byte !== again[at])) throw malformed();
};

const integerOf = (word: Uint8Array): bigint => word.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

const limited = (value: bigint, bits: number): bigint => {
  if (value >> BigInt(bits) !== 0n) throw malformed();
  return value;
};

const malformed = (): KeyquorumError =>
  new KeyquorumError(
    "INVALID_VALUE",
    "The payload is not what its kind of statement has: its encoding is not the one that abi.encode writes.",
    {
      details: { what: "payload" },
    },
  );
