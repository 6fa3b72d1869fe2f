import { type BodyKeys, chunkNonce } from "./bodyKeys.ts";
import { KeyquorumError } from "./errorCodes.ts";

/**
 * AES-256-GCM without associated data, as the caller's platform has it. `key` is 32 bytes, secret, the same object for all chunks of one body and
 * for no other; `nonce` is 12 bytes. `seal` returns the ciphertext with the 16-byte tag behind it; `open` takes that and rejects when the tag is
 * wrong. Up to `BATCH_CHUNKS` calls are under way at once.
 */
export type ChunkCipher = {
  readonly seal: (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array) => Promise<Uint8Array>;
  readonly open: (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array) => Promise<Uint8Array>;
};

/** Plaintext bytes of every chunk but the last, which is shorter. */
export const CHUNK_BYTES = 16384;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
/** Chunks that are sealed or opened in one go: so many are held at once. 256 KiB. */
export const BATCH_CHUNKS = 16;

/** Seals consecutive chunks, the first with number `first`. `plaintext` is whole chunks, or, `isLast`, whole chunks and a shorter one behind them. */
export const sealChunks = (
  cipher: ChunkCipher,
  { key, baseNonce }: BodyKeys,
  { first, plaintext, isLast }: { readonly first: number; readonly plaintext: Uint8Array; readonly isLast: boolean },
): Promise<Uint8Array> =>
  joined(
    split(plaintext, CHUNK_BYTES, isLast).map(async (chunk, i) =>
      withLength(await cipher.seal(key, chunkNonce(baseNonce, first + i), chunk), chunk.length + TAG_BYTES),
    ),
    plaintext.length + TAG_BYTES * chunkCount(plaintext.length, CHUNK_BYTES, isLast),
  );

/**
 * Opens what `sealChunks` makes; nothing is returned unless all of it is authentic.
 * Throws `INVALID_ENVELOPE`, with the number of a chunk in `details.chunk`.
 */
export const openChunks = async (
  cipher: ChunkCipher,
  { key, baseNonce }: BodyKeys,
  { first, sealed, isLast }: { readonly first: number; readonly sealed: Uint8Array; readonly isLast: boolean },
): Promise<Uint8Array> => {
  const chunks = split(sealed, SEALED_CHUNK_BYTES, isLast);
  const last = chunks.at(-1);
  if (last !== undefined && last.length < TAG_BYTES) throw cut(`in chunk ${first + chunks.length - 1}`);
  return joined(
    chunks.map(async (chunk, i) => {
      const nonce = chunkNonce(baseNonce, first + i);
      return withLength(await openChunk(cipher, { key, nonce, sealed: chunk, index: first + i }), chunk.length - TAG_BYTES);
    }),
    sealed.length - TAG_BYTES * chunks.length,
  );
};

/** That bytes are missing. */
export const cut = (where: string): KeyquorumError =>
  new KeyquorumError("INVALID_ENVELOPE", `The envelope was cut off ${where}.`, { details: { where } });

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

/** The last chunk is the one that is shorter: where bytes end at a whole chunk, an empty one follows. */
const chunkCount = (bytes: number, size: number, isLast: boolean): number => Math.floor(bytes / size) + (isLast ? 1 : 0);

const split = (bytes: Uint8Array, size: number, isLast: boolean): Uint8Array[] =>
  Array.from({ length: chunkCount(bytes.length, size, isLast) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

const joined = async (parts: readonly Promise<Uint8Array>[], length: number): Promise<Uint8Array> => {
  const done = await Promise.all(parts);
  const [only] = done;
  if (done.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of done) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};

const withLength = (bytes: Uint8Array, expected: number): Uint8Array => {
  if (bytes.length !== expected)
    throw new KeyquorumError("INVALID_ENVELOPE", "The cipher returned another number of bytes than AES-256-GCM does.");
  return bytes;
};
