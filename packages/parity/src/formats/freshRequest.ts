import { keccakWords } from "@keyquorum/threshold";
import { type Address, extensionTag, hexToBytes } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { bareHex } from "./hexText.ts";

/** The header that binds a request to a nonce and a time: `NONCE.EXPIRY.SIGNATURE`. */
export const FRESHNESS_HEADER = "keyquorum-fresh";

/** Seconds that a request may be valid for, at most. */
export const MAX_FRESH_SECONDS = 600;

/** Which key server a fresh request is for: the chain and the registry of its keepers. */
export type FreshnessDomain = { readonly chainId: bigint; readonly registry: Address };

/** What the header's signature is over. */
export type FreshRequest = {
  /** "GET" or "POST". */
  readonly method: string;
  /** From the first "/" on, as it is sent: one "/" in front, hex in lower case, no query. */
  readonly path: string;
  /** 32 bytes, of the client's choice; once. */
  readonly nonce: Uint8Array;
  /** Unix seconds. */
  readonly expiry: number;
};

const TAG = extensionTag("parity/fresh-request");

/** 32 bytes: `keccak(tag, chainId, registry, keccak(method || " " || path), nonce, expiry)`, each a word. */
export const freshRequestDigest = ({ chainId, registry }: FreshnessDomain, { method, path, nonce, expiry }: FreshRequest): Uint8Array =>
  keccakWords(TAG, chainId, hexToBytes(registry, 20), keccak_256(utf8ToBytes(`${method} ${path}`)), nonce, expiry);

/** The header's value. @param signature by the key that signed the id: v is 0 or 1 */
export const freshnessHeader = ({ nonce, expiry }: FreshRequest, signature: Uint8Array): string =>
  `${bareHex(nonce)}.${expiry}.${bareHex(signature)}`;
