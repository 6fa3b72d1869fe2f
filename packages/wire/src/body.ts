import { type RandomSource, secureRandom } from "@keyquorum/threshold";
import { expand } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type ByteReader, createByteReader } from "./byteReader.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { hexToBytes } from "./hex.ts";
import type { Hash32 } from "./ids.ts";

/**
 * AES-256-GCM without associated data, as the caller's platform has it. `key` is 32 bytes, secret, the same object for all chunks of one body;
 * `nonce` is 12 bytes. `seal` returns the ciphertext with the 16-byte tag behind it; `open` takes that and rejects when the tag is wrong.
 */
export type ChunkCipher = {
  readonly seal: (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array) => Promise<Uint8Array>;
  readonly open: (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array) => Promise<Uint8Array>;
};

/** Plaintext bytes of every chunk but the last, which is shorter. */
export const CHUNK_BYTES = 16384;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
export const SALT_BYTES = 24;
export const COMMITMENT_BYTES = 32;
/** Where the first chunk of a body starts; chunk i starts `i * SEALED_CHUNK_BYTES` further on. */
export const BODY_PREFIX_BYTES = SALT_BYTES + COMMITMENT_BYTES;
/** Chunks of one body: the counter has 32 bits (64 TiB). */
export const MAX_CHUNKS = 2 ** 32;

const CONTENT_SECRET_BYTES = 32;
const CONSTRUCTION = new TextEncoder().encode("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM");

type BodyKeys = { readonly key: Uint8Array; readonly baseNonce: Uint8Array; readonly commitment: Uint8Array };

/**
 * Encrypts a stream chunk by chunk, holding one chunk: salt, commitment, chunks. PROTOCOL section 4.3, D-36.
 *
 * `contentSecret` is 32 bytes, secret, used for this body only. The salt is drawn afresh, so that a secret used twice by mistake still gives
 * other keys. To resume an upload, send stored ciphertext; do not seal again.
 */
export async function* sealBody({
  contentSecret,
  headerHash,
  plaintext,
  cipher,
  random = secureRandom,
}: {
  readonly contentSecret: Uint8Array;
  readonly headerHash: Hash32;
  readonly plaintext: AsyncIterable<Uint8Array>;
  readonly cipher: ChunkCipher;
  readonly random?: RandomSource;
}): AsyncGenerator<Uint8Array> {
  const salt = random(SALT_BYTES);
  const keys = deriveBodyKeys(contentSecret, salt, headerHash);
  const reader = createByteReader(plaintext);
  try {
    yield concatenate(salt, keys.commitment);
    for (let index = 0; ; index++) {
      const chunk = await reader.read(CHUNK_BYTES);
      yield checkLength(await cipher.seal(keys.key, chunkNonce(keys.baseNonce, index), chunk), chunk.length + TAG_BYTES);
      const isLast = chunk.length < CHUNK_BYTES;
      chunk.fill(0);
      if (isLast) return;
    }
  } finally {
    keys.key.fill(0);
    await reader.close();
  }
}

/**
 * Decrypts the body that `reader` stands before. The commitment is checked before a chunk is opened (before the returned promise resolves); every
 * chunk is checked before it is handed out. Only the normal end of the generator proves that nothing was cut off.
 *
 * Throws `WRONG_CONTENT_SECRET` (commitment) and `INVALID_ENVELOPE` (anything cut, extended, reordered or changed). Closes the reader at its end.
 */
export const openBody = async ({
  contentSecret,
  headerHash,
  reader,
  cipher,
}: {
  readonly contentSecret: Uint8Array;
  readonly headerHash: Hash32;
  readonly reader: ByteReader;
  readonly cipher: ChunkCipher;
}): Promise<AsyncGenerator<Uint8Array>> => {
  const prefix = await reader.read(BODY_PREFIX_BYTES);
  if (prefix.length < BODY_PREFIX_BYTES) throw cut("before its first chunk");
  const keys = deriveBodyKeys(contentSecret, prefix.subarray(0, SALT_BYTES), headerHash);
  if (!isEqual(keys.commitment, prefix.subarray(SALT_BYTES))) {
    keys.key.fill(0);
    throw new KeyquorumError("WRONG_CONTENT_SECRET");
  }
  return openChunks(keys, reader, cipher);
};

async function* openChunks(keys: BodyKeys, reader: ByteReader, cipher: ChunkCipher): AsyncGenerator<Uint8Array> {
  try {
    for (let index = 0; ; index++) {
      const sealed = await reader.read(SEALED_CHUNK_BYTES);
      if (sealed.length < TAG_BYTES) throw cut(`in chunk ${index}`);
      const nonce = chunkNonce(keys.baseNonce, index);
      yield checkLength(await openChunk(cipher, { key: keys.key, nonce, sealed, index }), sealed.length - TAG_BYTES);
      if (sealed.length < SEALED_CHUNK_BYTES) return;
    }
  } finally {
    keys.key.fill(0);
    await reader.close();
  }
}

const openChunk = async (
  cipher: ChunkCipher,
  {
    key,
    nonce,
    sealed,
    index,
  }: { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly sealed: Uint8Array; readonly index: number },
): Promise<Uint8Array> => {
  try {
    return await cipher.open(key, nonce, sealed);
  } catch (cause) {
    throw new KeyquorumError("INVALID_ENVELOPE", `Chunk ${index} is not authentic.`, { details: { chunk: index }, cause });
  }
};

/** HKDF-SHA256-Expand(K, construction || 00 || salt || headerHash, 76) = key 32, base nonce 12, commitment 32. */
const deriveBodyKeys = (contentSecret: Uint8Array, salt: Uint8Array, headerHash: Hash32): BodyKeys => {
  if (!(contentSecret instanceof Uint8Array) || contentSecret.length !== CONTENT_SECRET_BYTES) {
    throw new KeyquorumError("INVALID_VALUE", "A content secret has 32 bytes.", { details: { expectedBytes: CONTENT_SECRET_BYTES } });
  }
  if (salt.length !== SALT_BYTES) throw new KeyquorumError("INVALID_VALUE", `The random source did not give ${SALT_BYTES} bytes.`);
  const okm = expand(sha256, contentSecret, concatenate(CONSTRUCTION, Uint8Array.of(0), salt, hexToBytes(headerHash, 32)), 76);
  const keys = { key: okm.slice(0, 32), baseNonce: okm.slice(32, 44), commitment: okm.slice(44) };
  okm.fill(0);
  return keys;
};

/** base nonce XOR index, big-endian in 12 bytes. */
const chunkNonce = (baseNonce: Uint8Array, index: number): Uint8Array => {
  if (index >= MAX_CHUNKS) throw new KeyquorumError("CONTENT_TOO_LARGE", "The body has more chunks than its counter can number.");
  const nonce = Uint8Array.from(baseNonce);
  const view = new DataView(nonce.buffer);
  view.setUint32(8, (view.getUint32(8) ^ index) >>> 0);
  return nonce;
};

const cut = (where: string): KeyquorumError =>
  new KeyquorumError("INVALID_ENVELOPE", `The envelope was cut off ${where}.`, { details: { where } });

const checkLength = (bytes: Uint8Array, expected: number): Uint8Array => {
  if (bytes.length !== expected)
    throw new KeyquorumError("INVALID_ENVELOPE", "The cipher returned another number of bytes than AES-256-GCM does.");
  return bytes;
};

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
};

const concatenate = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};
