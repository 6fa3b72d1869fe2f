import { keccak_256 } from "@noble/hashes/sha3.js";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, type Hex } from "./hex.ts";

declare const hash32: unique symbol;
declare const address: unique symbol;
declare const role: unique symbol;

/** 32 bytes as lower-case hex with 0x: 66 characters. Public. */
export type Hash32 = Hex & { readonly [hash32]: true };
/** An account or contract: 20 bytes as lower-case hex with 0x, 42 characters. Public. */
export type Address = Hex & { readonly [address]: true };

/** Names a threshold key. PROTOCOL section 3.1. */
export type KeyId = Hash32 & { readonly [role]: "key" };
/** Names one attempt to generate a key. PROTOCOL section 3.2. */
export type SessionId = Hash32 & { readonly [role]: "session" };
/** Names a document. PROTOCOL section 4.1. */
export type DocumentId = Hash32 & { readonly [role]: "document" };
/** Names a share request. PROTOCOL section 5.1. */
export type RequestId = Hash32 & { readonly [role]: "request" };
/** Names one announced repair of a lost share. PROTOCOL section 3.10. */
export type RepairId = Hash32 & { readonly [role]: "repair" };

export const ZERO_HASH = `0x${"00".repeat(32)}` as Hash32;
export const ZERO_ADDRESS = `0x${"00".repeat(20)}` as Address;

const HASH = /^0x[0-9a-fA-F]{64}$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** Reads 32 bytes of hex in either case. Throws `INVALID_VALUE`. */
export const parseHash32 = (value: unknown): Hash32 => parseHashNamed(value, "a hash");
/** Reads a key's id. Throws `INVALID_VALUE`. */
export const parseKeyId = (value: unknown): KeyId => parseHashNamed(value, "a key id") as KeyId;
/** Reads a session's id. Throws `INVALID_VALUE`. */
export const parseSessionId = (value: unknown): SessionId => parseHashNamed(value, "a session id") as SessionId;
/** Reads a document's id. Throws `INVALID_VALUE`. */
export const parseDocumentId = (value: unknown): DocumentId => parseHashNamed(value, "a document id") as DocumentId;
/** Reads a request's id. Throws `INVALID_VALUE`. */
export const parseRequestId = (value: unknown): RequestId => parseHashNamed(value, "a request id") as RequestId;
/** Reads a repair's id. Throws `INVALID_VALUE`. */
export const parseRepairId = (value: unknown): RepairId => parseHashNamed(value, "a repair id") as RepairId;

/**
 * Reads an address: all lower case, all upper case, or with the EIP-55 checksum, which is then checked. Returns lower case.
 * Throws `INVALID_VALUE`.
 */
export const parseAddress = (value: unknown): Address => {
  if (typeof value !== "string" || !ADDRESS.test(value)) throw invalid("an address", "0x and 40 hex digits");
  const digits = value.slice(2);
  const lower = digits.toLowerCase();
  const isMixed = digits !== lower && digits !== digits.toUpperCase();
  if (isMixed && digits !== withChecksum(lower)) throw invalid("an address", "a correct EIP-55 checksum, or lower case");
  return `0x${lower}` as Address;
};

/** The address as EIP-55 spells it, for people to read. */
export const checksumAddress = (value: Address): string => `0x${withChecksum(value.slice(2))}`;

const withChecksum = (lower: string): string => {
  const hash = bytesToHex(keccak_256(new TextEncoder().encode(lower))).slice(2);
  return Array.from(lower, (digit, i) => (Number.parseInt(hash.charAt(i), 16) >= 8 ? digit.toUpperCase() : digit)).join("");
};

const parseHashNamed = (value: unknown, what: string): Hash32 => {
  if (typeof value !== "string" || !HASH.test(value)) throw invalid(what, "0x and 64 hex digits");
  return value.toLowerCase() as Hash32;
};

const invalid = (what: string, expected: string): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `This is not ${what}: expected ${expected}.`, { details: { what, expected } });
