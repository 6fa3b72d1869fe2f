import { BODY_PREFIX_BYTES, openBodyKeys } from "./bodyKeys.ts";
import { bodyLayoutOf, openBodyRange, type RangeSource } from "./bodyRange.ts";
import { createByteReader } from "./byteReader.ts";
import { type ChunkCipher, cut, openChunks, SEALED_CHUNK_BYTES } from "./chunks.ts";
import { MAX_BODY_OFFSET, splitPlaintext, takeEnvelopeStart } from "./envelopeStart.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { type DocumentHeader, headerHashOf } from "./header.ts";
import type { DocumentMetadata } from "./metadata.ts";

/** An envelope whose content can be read in parts. All of it is secret but the header. */
export type EnvelopeRanges = {
  readonly header: DocumentHeader;
  readonly metadata: DocumentMetadata;
  /** Bytes of the content, as the length of the ciphertext says; proven as soon as a part that reaches the end was read. */
  readonly size: number;
  /**
   * Decrypts a part, `length` bytes from `offset` on (default: all that follow), and fetches only the chunks that hold it. A part that ends without
   * an error is authentic. Throws, on the first read, `INVALID_RANGE` (details: `size`), `WRONG_CONTENT_SECRET`, `INVALID_ENVELOPE`.
   */
  readonly read: (range?: WantedPart) => AsyncGenerator<Uint8Array>;
};

type WantedPart = { readonly offset?: number; readonly length?: number; readonly signal?: AbortSignal | undefined };

/**
 * Opens an envelope for reading parts of it: fetches header, commitment and the first chunk, in which the metadata stands, and checks them.
 * `contentSecret` is used, not copied: erase it to end reading. PROTOCOL section 4.3.
 *
 * Throws `INVALID_ENVELOPE`, `INVALID_HEADER`, `WRONG_CONTENT_SECRET`, `INVALID_METADATA`.
 */
export const openEnvelopeRange = async ({
  source,
  contentSecret,
  cipher,
  signal,
}: {
  readonly source: RangeSource;
  readonly contentSecret: Uint8Array;
  readonly cipher: ChunkCipher;
  readonly signal?: AbortSignal | undefined;
}): Promise<EnvelopeRanges> => {
  if (!(Number.isSafeInteger(source.size) && source.size >= 0))
    throw new KeyquorumError("INVALID_VALUE", "A source's size is a whole number of bytes.");
  const { header, metadataBlock, bodyOffset, prefix, firstSealed } = await readHead(source, signal);
  const headerHash = headerHashOf(header);
  const { chunks, plaintextBytes } = bodyLayoutOf(source.size - bodyOffset);
  const keys = openBodyKeys(contentSecret, prefix, headerHash);
  const firstChunk = await openChunks(cipher, keys, { first: 0, sealed: firstSealed, isLast: chunks === 1 });
  keys.key.fill(0);
  const { metadata, contentStart } = splitPlaintext(firstChunk, metadataBlock);
  const size = plaintextBytes - contentStart;
  if (metadata.size !== undefined && metadata.size !== size) {
    throw new KeyquorumError("INVALID_ENVELOPE", `The ciphertext is of ${size} bytes and its metadata says ${metadata.size}.`);
  }
  const body = { source, bodyOffset, prefix, contentSecret, headerHash, cipher };

  async function* read({ offset = 0, length = size - offset, signal }: WantedPart = {}): AsyncGenerator<Uint8Array> {
    const isRange = [offset, length].every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!isRange || offset + length > size) {
      // Whoever cut the ciphertext short must not be believed: only the last chunk proves where the content ends.
      for await (const _ of openBodyRange({ ...body, offset: plaintextBytes, length: 0, signal })) break;
      throw new KeyquorumError("INVALID_RANGE", `The range does not lie within the content, which has ${size} bytes.`, {
        details: { offset: numberOrNull(offset), length: numberOrNull(length), size },
      });
    }
    yield* openBodyRange({ ...body, offset: contentStart + offset, length, signal });
  }
  return { header, metadata, size, read };
};

/** All that is needed before a part can be read, in one fetch: 20 879 bytes at most. */
const readHead = async (source: RangeSource, signal: AbortSignal | undefined) => {
  const length = Math.min(source.size, MAX_BODY_OFFSET + BODY_PREFIX_BYTES + SEALED_CHUNK_BYTES);
  const reader = createByteReader(source.read({ offset: 0, length, ...(signal === undefined ? {} : { signal }) }));
  try {
    const start = await takeEnvelopeStart(reader);
    const prefix = await reader.read(BODY_PREFIX_BYTES);
    if (prefix.length < BODY_PREFIX_BYTES) throw cut("before its first chunk");
    return { ...start, prefix, firstSealed: await reader.read(SEALED_CHUNK_BYTES) };
  } finally {
    await reader.close();
  }
};

const numberOrNull = (value: unknown): number | null => (typeof value === "number" ? value : null);
