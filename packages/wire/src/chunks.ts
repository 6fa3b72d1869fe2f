import { type BodyKeys, chunkNonce } from "./bodyKeys.ts";
import { KeyquorumError } from "./errorCodes.ts";

/**
 * AES-256-GCM without associated data, as the caller's platform has it. `key` is 32 bytes, secret, the same object for all chunks of one body and
 * for no other; `nonce` is 12 bytes. `seal` writes ciphertext and the 16-byte tag behind it into `into`, which is that long; `open` takes that,
 * writes the plaintext into `into`, which is that long, and rejects when the tag is wrong. Up to `BATCH_CHUNKS` calls are under way at once.
 */
export type ChunkCipher = {
  readonly seal: (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, into: Uint8Array) => Promise<void>;
  readonly open: (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, into: Uint8Array) => Promise<void>;
  /**
   * The same for consecutive chunks of `CHUNK_BYTES`, the last one may be shorter: in one call, for platforms where a call costs as much as a chunk does.
   * `nonces[i]` is chunk i's. Resolves with undefined, or with the number of the first chunk whose tag is wrong. Default: chunk by chunk.
   */
  readonly batch?: {
    readonly seal: (key: Uint8Array, nonces: readonly Uint8Array[], plaintext: Uint8Array, into: Uint8Array) => void;
    readonly open: (key: Uint8Array, nonces: readonly Uint8Array[], sealed: Uint8Array, into: Uint8Array) => number | undefined;
  };
};

/** Plaintext bytes of every chunk but the last, which is shorter. */
export const CHUNK_BYTES = 16384;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
/** Chunks that are sealed or opened in one go: so many are held at once. 256 KiB. */
export const BATCH_CHUNKS = 16;

/** Consecutive chunks, the first with number `first`. `into`: memory for the result, for whoever has some. */
type Batch = { readonly first: number; readonly isLast: boolean; readonly into?: Uint8Array | undefined };

/**
 * Seals consecutive chunks. `plaintext` is whole chunks, or, `isLast`, whole chunks and a shorter one behind them.
 * The result is the caller's own, or lies in `into`.
 */
export const sealChunks = async (
  cipher: ChunkCipher,
  { key, baseNonce }: BodyKeys,
  { first, plaintext, isLast, into }: { readonly plaintext: Uint8Array } & Batch,
): Promise<Uint8Array> => {
  const count = chunkCount(plaintext.length, CHUNK_BYTES, isLast);
  const bytes = plaintext.length + count * TAG_BYTES;
  const sealed = into?.subarray(0, bytes) ?? new Uint8Array(bytes);
  if (cipher.batch !== undefined) {
    cipher.batch.seal(key, noncesOf(baseNonce, first, count), plaintext, sealed);
    return sealed;
  }
  await forEachChunk(count, (i) =>
    cipher.seal(
      key,
      chunkNonce(baseNonce, first + i),
      plaintext.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
      sealed.subarray(i * SEALED_CHUNK_BYTES, (i + 1) * SEALED_CHUNK_BYTES),
    ),
  );
  return sealed;
};

/**
 * Opens what `sealChunks` makes; nothing is returned unless all of it is authentic. The result is the caller's own, or lies in `into`.
 * Throws `INVALID_ENVELOPE`, with the number of a chunk in `details.chunk`.
 */
export const openChunks = async (
  cipher: ChunkCipher,
  { key, baseNonce }: BodyKeys,
  { first, sealed, isLast, into }: { readonly sealed: Uint8Array } & Batch,
): Promise<Uint8Array> => {
  const count = chunkCount(sealed.length, SEALED_CHUNK_BYTES, isLast);
  if (isLast && sealed.length - (count - 1) * SEALED_CHUNK_BYTES < TAG_BYTES) throw cut(`in chunk ${first + count - 1}`);
  const bytes = sealed.length - count * TAG_BYTES;
  const plaintext = into?.subarray(0, bytes) ?? new Uint8Array(bytes);
  if (cipher.batch !== undefined) {
    const wrong = cipher.batch.open(key, noncesOf(baseNonce, first, count), sealed, plaintext);
    if (wrong === undefined) return plaintext;
    plaintext.fill(0);
    throw notAuthentic(first + wrong);
  }
  await forEachChunk(count, async (i) => {
    const [nonce, from] = [chunkNonce(baseNonce, first + i), i * SEALED_CHUNK_BYTES];
    const target = plaintext.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
    try {
      await cipher.open(key, nonce, sealed.subarray(from, from + SEALED_CHUNK_BYTES), target);
    } catch (cause) {
      throw notAuthentic(first + i, cause);
    }
  });
  return plaintext;
};

const noncesOf = (baseNonce: Uint8Array, first: number, count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, i) => chunkNonce(baseNonce, first + i));

const notAuthentic = (chunk: number, cause?: unknown): KeyquorumError =>
  new KeyquorumError("INVALID_ENVELOPE", `Chunk ${chunk} is not authentic.`, {
    details: { chunk },
    ...(cause === undefined ? {} : { cause }),
  });

/** That bytes are missing. */
export const cut = (where: string): KeyquorumError =>
  new KeyquorumError("INVALID_ENVELOPE", `The envelope is truncated ${where}.`, { details: { where } });

/** The last chunk is the one that is shorter: where bytes end at a whole chunk, an empty one follows. */
const chunkCount = (bytes: number, size: number, isLast: boolean): number => Math.floor(bytes / size) + (isLast ? 1 : 0);

/** All at once; ends when all have ended, so that the buffers are free again also after a failure. */
const forEachChunk = async (count: number, work: (index: number) => Promise<void>): Promise<void> => {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, i) => work(i)));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
};
