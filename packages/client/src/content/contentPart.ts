import { KeyquorumError } from "@keyquorum/wire";
import { wholeNumber } from "../numbers.ts";
import type { ContentPart } from "../types.ts";
import { once, readAll } from "./bytes.ts";
import { DEFAULT_MAX_CONTENT_BYTES } from "./decrypt.ts";

/** A part of a content that is read when somebody wants it. */
export const contentPart = (open: () => AsyncIterable<Uint8Array>): ContentPart => {
  const part = once(open, "part", "ask for it");
  return {
    [Symbol.asyncIterator]: () => part[Symbol.asyncIterator](),
    bytes: async (maxBytes = DEFAULT_MAX_CONTENT_BYTES) =>
      readAll(
        part,
        wholeNumber("maxBytes", maxBytes, [0, Number.MAX_SAFE_INTEGER]),
        () => new KeyquorumError("CONTENT_TOO_LARGE", `The part is longer than ${maxBytes} bytes.`, { details: { maxBytes } }),
      ),
  };
};
