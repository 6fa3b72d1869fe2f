import { BODY_PREFIX_BYTES, MAX_CHUNKS, openBodyKeys } from "./bodyKeys.ts";
import { createByteReader } from "./byteReader.ts";
import { BATCH_CHUNKS, CHUNK_BYTES, type ChunkCipher, cut, openChunks, SEALED_CHUNK_BYTES, TAG_BYTES } from "./chunks.ts";
import { KeyquorumError } from "./errorCodes.ts";
import type { Hash32 } from "./ids.ts";

/** Ciphertext that can be read from anywhere in it: a stored blob, a file, bytes. It may lie: everything is authenticated. */
export type RangeSource = {
  /** All its bytes. */
  readonly size: number;
  /** Exactly these bytes, in pieces of any size. Throws the signal's reason when it aborts. */
  readonly read: (range: { readonly offset: number; readonly length: number; readonly signal?: AbortSignal }) => AsyncIterable<Uint8Array>;
};

/** How a body of this length is cut into chunks. The last one, shorter than the others, has `chunks - 1` before it. */
export type BodyLayout = { readonly chunks: number; readonly plaintextBytes: number };

/** Throws `INVALID_ENVELOPE` for a length that no body has. `bodyBytes` counts from the salt on. */
export const bodyLayoutOf = (bodyBytes: number): BodyLayout => {
  const sealedBytes = bodyBytes - BODY_PREFIX_BYTES;
  const whole = Math.floor(sealedBytes / SEALED_CHUNK_BYTES);
  if (!(sealedBytes >= TAG_BYTES) || sealedBytes - whole * SEALED_CHUNK_BYTES < TAG_BYTES || whole >= MAX_CHUNKS) {
    throw new KeyquorumError("INVALID_ENVELOPE", "No envelope has this length: it was cut or extended.", { details: { bodyBytes } });
  }
  return { chunks: whole + 1, plaintextBytes: sealedBytes - (whole + 1) * TAG_BYTES };
};

/**
 * Decrypts a part of a body's plaintext and reads no chunk that does not hold some of it. `prefix` is the body's first 56 bytes. Each chunk is
 * checked before its bytes are handed out; a part that reaches the end opens the last chunk, which proves that it is the end. PROTOCOL section 4.3.
 *
 * The caller has checked `offset` and `length` against the layout. Throws `WRONG_CONTENT_SECRET`, `INVALID_ENVELOPE`.
 */
export async function* openBodyRange({
  source,
  bodyOffset,
  prefix,
  contentSecret,
  headerHash,
  cipher,
  offset,
  length,
  signal,
}: {
  readonly source: RangeSource;
  readonly bodyOffset: number;
  readonly prefix: Uint8Array;
  readonly contentSecret: Uint8Array;
  readonly headerHash: Hash32;
  readonly cipher: ChunkCipher;
  readonly offset: number;
  readonly length: number;
  readonly signal?: AbortSignal | undefined;
}): AsyncGenerator<Uint8Array> {
  const { chunks, plaintextBytes } = bodyLayoutOf(source.size - bodyOffset);
  const end = offset + length;
  if (length === 0 && end < plaintextBytes) return;
  const from = Math.floor(offset / CHUNK_BYTES);
  const to = end === plaintextBytes ? chunks : Math.ceil(end / CHUNK_BYTES);
  const chunksStart = bodyOffset + BODY_PREFIX_BYTES;
  const sealedStart = from * SEALED_CHUNK_BYTES;
  const sealedEnd = Math.min(to * SEALED_CHUNK_BYTES, source.size - chunksStart);
  const keys = openBodyKeys(contentSecret, prefix, headerHash);
  const part = { offset: chunksStart + sealedStart, length: sealedEnd - sealedStart };
  const reader = createByteReader(source.read(signal === undefined ? part : { ...part, signal }));
  try {
    for (let first = from; first < to; first += BATCH_CHUNKS) {
      const behind = Math.min(first + BATCH_CHUNKS, to);
      const isLast = behind === chunks;
      const expected = Math.min(behind * SEALED_CHUNK_BYTES, sealedEnd) - first * SEALED_CHUNK_BYTES;
      const sealed = await reader.read(expected);
      if (sealed.length < expected) throw cut(`in chunk ${first + Math.floor(sealed.length / SEALED_CHUNK_BYTES)}`);
      const plaintext = await openChunks(cipher, keys, { first, sealed, isLast });
      const at = first * CHUNK_BYTES;
      const wanted = plaintext.subarray(Math.max(0, offset - at), Math.max(0, Math.min(plaintext.length, end - at)));
      if (wanted.length > 0) yield wanted;
    }
  } finally {
    keys.key.fill(0);
    await reader.close();
  }
}
