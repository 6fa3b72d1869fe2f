import type { RandomSource } from "@keyquorum/threshold";
import { openBody, sealBody } from "./body.ts";
import { BODY_PREFIX_BYTES } from "./bodyKeys.ts";
import { createByteReader } from "./byteReader.ts";
import { CHUNK_BYTES, type ChunkCipher, TAG_BYTES } from "./chunks.ts";
import { BODY_OFFSET, encodeEnvelopeStart, encodeMetadataBlock, splitPlaintext, takeEnvelopeStart } from "./envelopeStart.ts";
import { type DocumentHeader, headerHashOf } from "./header.ts";
import { checkSize, type DocumentMetadata } from "./metadata.ts";

/** An opened envelope. `content` is secret, can be read once, and is complete only when it ends without an error; stop early by its `return()`. */
export type OpenedEnvelope = {
  readonly header: DocumentHeader;
  readonly metadata: DocumentMetadata;
  /** Whether the envelope shows its metadata to everybody. */
  readonly isMetadataPublic: boolean;
  readonly content: AsyncGenerator<Uint8Array>;
};

/**
 * Writes an envelope while `content` is read, holding one batch of chunks. `contentSecret` (32 bytes, secret) is the one that `header` encapsulates.
 * With `isMetadataPublic`, metadata stands in clear before the body as well. With `lends`, a piece is good until the next one is asked for.
 * Throws `INVALID_METADATA` (also, before the last chunk, when the content is not as long as the metadata says) and `INVALID_VALUE`, on the reads.
 */
export async function* sealEnvelope({
  header,
  contentSecret,
  metadata,
  isMetadataPublic = false,
  content,
  cipher,
  random,
  lends = false,
}: {
  readonly header: DocumentHeader;
  readonly contentSecret: Uint8Array;
  readonly metadata: DocumentMetadata;
  readonly isMetadataPublic?: boolean;
  readonly content: AsyncIterable<Uint8Array>;
  readonly cipher: ChunkCipher;
  readonly random?: RandomSource;
  readonly lends?: boolean;
}): AsyncGenerator<Uint8Array> {
  const metadataBlock = encodeMetadataBlock(metadata);
  yield encodeEnvelopeStart(header, isMetadataPublic ? metadata : undefined);
  yield* sealBody({
    contentSecret,
    headerHash: headerHashOf(header),
    plaintext: plaintextOf(metadataBlock, measured(content, metadata)),
    cipher,
    lends,
    ...(random === undefined ? {} : { random }),
  });
}

/**
 * Opens an envelope: header, commitment and metadata are read and checked before this resolves; content is decrypted while it is read.
 * Does not verify the header's proof: who decrypts has the content secret, which only an honest header gives.
 * With `lends`, a piece of `content` is good until the next one is asked for or `content` is closed.
 *
 * Throws `INVALID_ENVELOPE`, `INVALID_HEADER`, `WRONG_CONTENT_SECRET`, `INVALID_METADATA` (at the content's end: it is not as long as metadata says).
 */
export const openEnvelope = async ({
  bytes,
  contentSecret,
  cipher,
  lends = false,
}: {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly contentSecret: Uint8Array;
  readonly cipher: ChunkCipher;
  readonly lends?: boolean;
}): Promise<OpenedEnvelope> => {
  const reader = createByteReader(bytes);
  try {
    const { header, metadataBlock } = await takeEnvelopeStart(reader);
    const plaintext = await openBody({ contentSecret, headerHash: headerHashOf(header), reader, cipher, lends });
    const first = await plaintext.next();
    const firstChunk = first.done === true ? new Uint8Array(0) : first.value;
    const { metadata, contentStart } = splitPlaintext(firstChunk, metadataBlock);
    const content = measured(contentOf(firstChunk.subarray(contentStart), plaintext, reader.close), metadata);
    await content.next(); // runs to its first yield, so that return() before the first read also closes the source
    return { header, metadata, isMetadataPublic: metadataBlock !== undefined, content };
  } catch (error) {
    await reader.close();
    throw error;
  }
};

/** The envelope's length in bytes for content of this length. Throws `INVALID_METADATA`. */
export const envelopeLength = (metadata: DocumentMetadata, contentBytes: number, isMetadataPublic = false): number => {
  const metadataBytes = encodeMetadataBlock(metadata).length;
  const plaintext = metadataBytes + contentBytes;
  const start = BODY_OFFSET + (isMetadataPublic ? metadataBytes : 0);
  return start + BODY_PREFIX_BYTES + plaintext + (Math.floor(plaintext / CHUNK_BYTES) + 1) * TAG_BYTES;
};

async function* plaintextOf(metadataBlock: Uint8Array, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield metadataBlock;
  yield* content;
}

/** Passes content on and throws `INVALID_METADATA` where it is not as long as its metadata says. */
async function* measured(content: AsyncIterable<Uint8Array>, metadata: DocumentMetadata): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.length;
    checkSize(metadata, bytes, false);
    yield piece;
  }
  checkSize(metadata, bytes, true);
}

async function* contentOf(rest: Uint8Array, plaintext: AsyncGenerator<Uint8Array>, close: () => Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    yield new Uint8Array(0);
    if (rest.length > 0) yield rest;
    yield* plaintext;
  } finally {
    await close();
  }
}
