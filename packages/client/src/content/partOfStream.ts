import { KeyquorumError } from "@keyquorum/wire";
import type { ContentRange } from "../types.ts";

/**
 * A part of a content that can only be read from its start: passes over what is before it, and looks for the end only if the part reaches it.
 * Throws INVALID_RANGE, and what reading the content throws.
 */
export async function* partOfStream(
  content: AsyncIterable<Uint8Array>,
  { offset = 0, length = Number.POSITIVE_INFINITY }: ContentRange,
): AsyncGenerator<Uint8Array> {
  const isRange = Number.isSafeInteger(offset) && offset >= 0 && (length === Number.POSITIVE_INFINITY || Number.isSafeInteger(length));
  if (!isRange || length < 0) throw invalidRange("Offset and length are whole numbers from 0.");
  const end = offset + length;
  let at = 0;
  for await (const chunk of content) {
    const wanted = chunk.subarray(Math.min(chunk.length, Math.max(0, offset - at)), Math.min(chunk.length, end - at));
    at += chunk.length;
    if (wanted.length > 0) yield wanted;
    if (at > end) return;
  }
  const isWithin = offset <= at && (length === Number.POSITIVE_INFINITY || end <= at);
  if (!isWithin) throw invalidRange(`The range does not lie within the content, which has ${at} bytes.`, at);
}

const invalidRange = (reason: string, size?: number): KeyquorumError =>
  new KeyquorumError("INVALID_RANGE", reason, { details: size === undefined ? {} : { size } });
