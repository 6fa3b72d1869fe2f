import { KeyquorumError } from "@keyquorum/wire";

/** A part of a file: from `start` up to, not including, `end`. */
export type Range = { readonly start: bigint; readonly end: bigint };

export type WantedRange = { readonly offset?: number | undefined; readonly length?: number | undefined };

/** Refuses what can be no part of any file. Throws `INVALID_RANGE`. */
export const checkRange = ({ offset, length }: WantedRange): void => {
  for (const value of [offset, length]) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new KeyquorumError("INVALID_RANGE", "Offset and length are whole numbers from 0.", {
        details: { offset: offset ?? null, length: length ?? null },
      });
    }
  }
};

/** The wanted part of a file of `size` bytes. Throws `INVALID_RANGE` when it does not lie within it. */
export const rangeWithin = (size: bigint, { offset = 0, length }: WantedRange): Range => {
  const start = BigInt(offset);
  const end = length === undefined ? size : start + BigInt(length);
  if (start <= end && end <= size) return { start, end };
  throw new KeyquorumError("INVALID_RANGE", `The range does not lie within the blob, which has ${size} bytes.`, {
    details: { offset, length: length ?? null, size: size.toString() },
  });
};

/** What of these bytes, which begin at `at` in their file, lies in the range. */
export const cutTo = (range: Range, at: bigint, bytes: Uint8Array): Uint8Array => {
  const first = range.start > at ? range.start - at : 0n;
  const last = range.end > at ? range.end - at : 0n;
  if (first >= last || first >= BigInt(bytes.length)) return bytes.subarray(0, 0);
  return bytes.subarray(Number(first), Number(last < BigInt(bytes.length) ? last : BigInt(bytes.length)));
};
