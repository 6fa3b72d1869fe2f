import { type RandomSource, secureRandom } from "@keyquorum/threshold";
import { BODY_PREFIX_BYTES, type BodyKeys, deriveBodyKeys, openBodyKeys, SALT_BYTES } from "./bodyKeys.ts";
import { type ByteReader, createByteReader } from "./byteReader.ts";
import { BATCH_CHUNKS, CHUNK_BYTES, type ChunkCipher, cut, openChunks, SEALED_CHUNK_BYTES, sealChunks } from "./chunks.ts";
import type { Hash32 } from "./ids.ts";

/**
 * Encrypts a stream, holding one batch of chunks: salt, commitment, chunks. PROTOCOL section 4.3, D-36.
 *
 * `contentSecret` is 32 bytes, secret, used for this body only. The salt is drawn afresh, so that a secret used twice by mistake still gives
 * other keys. To resume an upload, send stored ciphertext; do not seal again. Pieces are the reader's own, or with `lends` good until the next one is
 * asked for.
 */
export async function* sealBody({
  contentSecret,
  headerHash,
  plaintext,
  cipher,
  random = secureRandom,
  lends = false,
}: {
  readonly contentSecret: Uint8Array;
  readonly headerHash: Hash32;
  readonly plaintext: AsyncIterable<Uint8Array>;
  readonly cipher: ChunkCipher;
  readonly random?: RandomSource;
  readonly lends?: boolean;
}): AsyncGenerator<Uint8Array> {
  const salt = random(SALT_BYTES);
  const keys = deriveBodyKeys(contentSecret, salt, headerHash);
  const reader = createByteReader(plaintext);
  const batch = new Uint8Array(BATCH_CHUNKS * CHUNK_BYTES);
  const into = lends ? new Uint8Array(BATCH_CHUNKS * SEALED_CHUNK_BYTES) : undefined;
  try {
    const prefix = new Uint8Array(BODY_PREFIX_BYTES);
    prefix.set(salt);
    prefix.set(keys.commitment, SALT_BYTES);
    yield prefix;
    for (let first = 0; ; first += BATCH_CHUNKS) {
      const length = await reader.readInto(batch);
      const isLast = length < batch.length;
      yield await sealChunks(cipher, keys, { first, plaintext: batch.subarray(0, length), isLast, into });
      if (isLast) return;
    }
  } finally {
    keys.key.fill(0);
    batch.fill(0);
    await reader.close();
  }
}

/**
 * Decrypts the body at the position of `reader`: the first chunk alone, then batch by batch. The commitment is checked before a chunk is opened
 * (before the returned promise resolves), and every chunk before it is returned. Only the normal end of the generator proves that nothing
 * was cut off. Pieces belong to the caller, or with `lends` are valid until the next one is requested or the generator is closed.
 *
 * Throws `WRONG_CONTENT_SECRET` (commitment) and `INVALID_ENVELOPE` (anything cut, extended, reordered or changed). Closes the reader at its end.
 */
export const openBody = async ({
  contentSecret,
  headerHash,
  reader,
  cipher,
  lends = false,
}: {
  readonly contentSecret: Uint8Array;
  readonly headerHash: Hash32;
  readonly reader: ByteReader;
  readonly cipher: ChunkCipher;
  readonly lends?: boolean;
}): Promise<AsyncGenerator<Uint8Array>> => {
  const prefix = await reader.read(BODY_PREFIX_BYTES);
  if (prefix.length < BODY_PREFIX_BYTES) throw cut("before its first chunk");
  return openAll(openBodyKeys(contentSecret, prefix, headerHash), reader, cipher, lends);
};

async function* openAll(keys: BodyKeys, reader: ByteReader, cipher: ChunkCipher, lends: boolean): AsyncGenerator<Uint8Array> {
  const batch = new Uint8Array(BATCH_CHUNKS * SEALED_CHUNK_BYTES);
  const into = lends ? new Uint8Array(BATCH_CHUNKS * CHUNK_BYTES) : undefined;
  try {
    for (let first = 0, count = 1; ; first += count, count = BATCH_CHUNKS) {
      const target = batch.subarray(0, count * SEALED_CHUNK_BYTES);
      const length = await reader.readInto(target);
      const isLast = length < target.length;
      yield await openChunks(cipher, keys, { first, sealed: batch.subarray(0, length), isLast, into });
      if (isLast) return;
    }
  } finally {
    keys.key.fill(0);
    into?.fill(0);
    await reader.close();
  }
}
