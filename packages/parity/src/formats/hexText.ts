import { bytesToHex } from "@keyquorum/wire";

const BARE = /^[0-9a-fA-F]*$/;
const PREFIXED = /^0x(?:[0-9a-fA-F]{2})*$/;

const bytesOf = (digits: string): Uint8Array => {
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
};

/** Hex as it stands in a path: exactly so many bytes, in either case, without 0x. Undefined: it is anything else. */
export const readBareHex = (text: string, length: number): Uint8Array | undefined =>
  text.length === 2 * length && BARE.test(text) ? bytesOf(text) : undefined;

/** Hex as it stands in JSON: with 0x, whole bytes, in either case. Undefined: it is anything else, or not `length` bytes where that is given. */
export const readPrefixedHex = (text: unknown, length?: number): Uint8Array | undefined => {
  if (typeof text !== "string" || !PREFIXED.test(text)) return undefined;
  if (length !== undefined && text.length !== 2 + 2 * length) return undefined;
  return bytesOf(text.slice(2));
};

/** Bytes as they stand in a path: lower case, without 0x. */
export const bareHex = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);
