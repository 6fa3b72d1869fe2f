import { bytesToHex as nobleToHex } from "@noble/hashes/utils.js";
import { KeyquorumError } from "./errorCodes.ts";

/** Lower-case hex with 0x in front. Public or secret: whatever its bytes are. */
export type Hex = `0x${string}`;

const LOWER_CASE_HEX = /^0x(?:[0-9a-f]{2})*$/;

/** Writes bytes as lower-case hex. */
export const bytesToHex = (bytes: Uint8Array): Hex => `0x${nobleToHex(bytes)}`;

/**
 * Reads lower-case hex: the one spelling that this protocol writes, so that decoding and encoding again gives the same text.
 * Throws `INVALID_VALUE` for anything else, or when `length` is given and the bytes are not that many.
 */
export const hexToBytes = (hex: string, length?: number): Uint8Array => {
  if (typeof hex !== "string" || !LOWER_CASE_HEX.test(hex)) {
    throw new KeyquorumError("INVALID_VALUE", "A value is not lower-case hex with 0x in front.", {
      details: { expected: "lower-case hex" },
    });
  }
  const bytes = new Uint8Array((hex.length - 2) / 2);
  if (length !== undefined && bytes.length !== length) {
    throw new KeyquorumError("INVALID_VALUE", `A value has ${bytes.length} bytes, not ${length}.`, {
      details: { expectedBytes: length, actualBytes: bytes.length },
    });
  }
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digitAt(hex, 2 + 2 * i) + digitAt(hex, 3 + 2 * i);
  return bytes;
};

/** Of a digit that was checked: `0`..`9` are 0x30.., `a`..`f` 0x61... */
const digitAt = (hex: string, index: number): number => {
  const code = hex.charCodeAt(index);
  return (code & 15) + 9 * (code >> 6);
};
