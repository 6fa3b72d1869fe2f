import { expand } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { KeyquorumError } from "./errorCodes.ts";
import { hexToBytes } from "./hex.ts";
import type { Hash32 } from "./ids.ts";

export const SALT_BYTES = 24;
export const COMMITMENT_BYTES = 32;
/** Where the first chunk of a body starts; chunk i starts `i * SEALED_CHUNK_BYTES` further on. */
export const BODY_PREFIX_BYTES = SALT_BYTES + COMMITMENT_BYTES;
/** Chunks of one body: the counter has 32 bits (64 TiB). */
export const MAX_CHUNKS = 2 ** 32;

const CONTENT_SECRET_BYTES = 32;
const CONSTRUCTION = new TextEncoder().encode("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM");

/** `key` (32 bytes) and `baseNonce` (12 bytes) are secret; `commitment` (32 bytes) stands in the body. */
export type BodyKeys = { readonly key: Uint8Array; readonly baseNonce: Uint8Array; readonly commitment: Uint8Array };

/**
 * HKDF-SHA256-Expand(K, construction || 00 || salt || headerHash, 76) = key 32, base nonce 12, commitment 32. PROTOCOL section 4.3.
 * Throws `INVALID_VALUE` for a content secret or salt of another length.
 */
export const deriveBodyKeys = (contentSecret: Uint8Array, salt: Uint8Array, headerHash: Hash32): BodyKeys => {
  if (!(contentSecret instanceof Uint8Array) || contentSecret.length !== CONTENT_SECRET_BYTES) {
    throw new KeyquorumError("INVALID_VALUE", "A content secret has 32 bytes.", { details: { expectedBytes: CONTENT_SECRET_BYTES } });
  }
  if (salt.length !== SALT_BYTES) throw new KeyquorumError("INVALID_VALUE", `The random source did not give ${SALT_BYTES} bytes.`);
  const okm = expand(sha256, contentSecret, infoOf(salt, headerHash), 76);
  const keys = { key: okm.slice(0, 32), baseNonce: okm.slice(32, 44), commitment: okm.slice(44) };
  okm.fill(0);
  return keys;
};

/** The keys of the body that starts with `prefix` (salt and commitment, 56 bytes). Throws `WRONG_CONTENT_SECRET` when the commitment differs. */
export const openBodyKeys = (contentSecret: Uint8Array, prefix: Uint8Array, headerHash: Hash32): BodyKeys => {
  const keys = deriveBodyKeys(contentSecret, prefix.subarray(0, SALT_BYTES), headerHash);
  if (isEqual(keys.commitment, prefix.subarray(SALT_BYTES))) return keys;
  keys.key.fill(0);
  throw new KeyquorumError("WRONG_CONTENT_SECRET");
};

/** base nonce XOR index, big-endian in 12 bytes. Throws `CONTENT_TOO_LARGE` above the counter. */
export const chunkNonce = (baseNonce: Uint8Array, index: number): Uint8Array => {
  if (index >= MAX_CHUNKS) throw new KeyquorumError("CONTENT_TOO_LARGE", "The body has more chunks than its counter can number.");
  const nonce = baseNonce.slice(); // no DataView: that would move twelve bytes off the heap, which costs as much as sealing does
  for (let i = 0; i < 4; i++) nonce[11 - i] = (nonce[11 - i] ?? 0) ^ ((index >>> (8 * i)) & 0xff);
  return nonce;
};

const infoOf = (salt: Uint8Array, headerHash: Hash32): Uint8Array => {
  const info = new Uint8Array(CONSTRUCTION.length + 1 + SALT_BYTES + 32); // the byte between is 0
  info.set(CONSTRUCTION);
  info.set(salt, CONSTRUCTION.length + 1);
  info.set(hexToBytes(headerHash, 32), CONSTRUCTION.length + 1 + SALT_BYTES);
  return info;
};

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
};
