import { bytesToHex, type Hex, hexToBytes } from "@keyquorum/wire";

/** What stands in a call: a number or up to 32 bytes, as a word; `bytes` of any length. */
export type AbiValue = bigint | number | Uint8Array | { readonly bytes: Uint8Array };

const WORD_BYTES = 32;

/** The data of a call. @param selector 8 hex digits */
export const encodeCall = (selector: string, ...values: readonly AbiValue[]): Hex => {
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let end = values.length * WORD_BYTES;
  for (const value of values) {
    if (typeof value !== "object" || value instanceof Uint8Array) {
      heads.push(wordOf(value));
      continue;
    }
    const { bytes } = value;
    const padded = new Uint8Array(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
    padded.set(bytes);
    heads.push(wordOf(end));
    tails.push(wordOf(bytes.length), padded);
    end += WORD_BYTES + padded.length;
  }
  return `0x${selector}${[...heads, ...tails].map((bytes) => bytesToHex(bytes).slice(2)).join("")}`;
};

const wordOf = (value: bigint | number | Uint8Array): Uint8Array => {
  const digits = value instanceof Uint8Array ? bytesToHex(value).slice(2) : BigInt(value).toString(16);
  return hexToBytes(`0x${digits.padStart(2 * WORD_BYTES, "0")}`, WORD_BYTES);
};

/** Reads data by the place of its words, as a stranger's contract wrote it. All throw RangeError for what is not there, or not of that kind. */
export type AbiReader = {
  /** 32 bytes. */
  readonly word: (place: number) => Uint8Array;
  /** @param limit the least number that it must be below */
  readonly integer: (place: number, limit: bigint) => bigint;
  /** 20 bytes. */
  readonly address: (place: number) => Uint8Array;
  /** @param place of the word that says where they begin */
  readonly bytes: (place: number, length: number) => Uint8Array;
};

/** @param data hex */
export const readAbi = (data: string): AbiReader => {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(data)) throw new RangeError("it is not hex");
  const all = hexToBytes(data.toLowerCase());
  const at = (start: number, length: number): Uint8Array => {
    if (start + length > all.length) throw new RangeError("it is too short");
    return all.slice(start, start + length);
  };
  const word = (place: number): Uint8Array => at(place * WORD_BYTES, WORD_BYTES);
  const integerAt = (start: number, limit: bigint): bigint => {
    const value = BigInt(bytesToHex(at(start, WORD_BYTES)));
    if (value >= limit) throw new RangeError("it is too large");
    return value;
  };
  return {
    word,
    integer: (place, limit) => integerAt(place * WORD_BYTES, limit),
    address: (place) => {
      const value = word(place);
      if (value.subarray(0, 12).some((byte) => byte !== 0)) throw new RangeError("it is no address");
      return value.slice(12);
    },
    bytes: (place, length) => {
      const start = Number(integerAt(place * WORD_BYTES, BigInt(all.length) + 1n));
      if (integerAt(start, BigInt(all.length) + 1n) !== BigInt(length)) throw new RangeError("it has another length");
      return at(start + WORD_BYTES, length);
    },
  };
};
