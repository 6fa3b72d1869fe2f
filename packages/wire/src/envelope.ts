import type { RandomSource } from "@keyquorum/threshold";
import { BODY_PREFIX_BYTES, CHUNK_BYTES, type ChunkCipher, openBody, sealBody, TAG_BYTES } from "./body.ts";
import { type ByteReader, createByteReader } from "./byteReader.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { type DocumentHeader, encodeHeader, HEADER_BYTES, headerHashOf, parseHeader } from "./header.ts";
import { type DocumentMetadata, encodeMetadata, MAX_METADATA_BYTES, parseMetadata } from "./metadata.ts";

/** "KQE1" and flags 0: the first bytes of every envelope of version 1. PROTOCOL section 4.3. */
export const ENVELOPE_MAGIC = Uint8Array.of(0x4b, 0x51, 0x45, 0x31);
const FLAGS = 0;
const PREFIX_BYTES = ENVELOPE_MAGIC.length + 1;
const LENGTH_BYTES = 4;

/** Where the body starts: chunk i is at `BODY_OFFSET + BODY_PREFIX_BYTES + i * SEALED_CHUNK_BYTES`. */
export const BODY_OFFSET = PREFIX_BYTES + HEADER_BYTES;

/** An opened envelope. `content` is secret, can be read once, and is complete only when it ends without an error; stop early by its `return()`. */
export type OpenedEnvelope = {
  readonly header: DocumentHeader;
  readonly metadata: DocumentMetadata;
  readonly content: AsyncGenerator<Uint8Array>;
};

/**
 * Writes an envelope while `content` is read, holding one chunk. `contentSecret` (32 bytes, secret) is the one that `header` encapsulates.
 * Throws `INVALID_METADATA` and `INVALID_VALUE`, on the first read.
 */
export async function* sealEnvelope({
  header,
  contentSecret,
  metadata,
  content,
  cipher,
  random,
}: {
  readonly header: DocumentHeader;
  readonly contentSecret: Uint8Array;
  readonly metadata: DocumentMetadata;
  readonly content: AsyncIterable<Uint8Array>;
  readonly cipher: ChunkCipher;
  readonly random?: RandomSource;
}): AsyncGenerator<Uint8Array> {
  const metadataBytes = encodeMetadata(metadata);
  const prefix = new Uint8Array(BODY_OFFSET);
  prefix.set(ENVELOPE_MAGIC);
  prefix[ENVELOPE_MAGIC.length] = FLAGS;
  prefix.set(encodeHeader(header), PREFIX_BYTES);
  yield prefix;
  yield* sealBody({
    contentSecret,
    headerHash: headerHashOf(header),
    plaintext: plaintextOf(metadataBytes, content),
    cipher,
    ...(random === undefined ? {} : { random }),
  });
}

/**
 * Opens an envelope: header, commitment and metadata are read and checked before this resolves; content is decrypted while it is read.
 * Does not verify the header's proof: who decrypts has the content secret, which only an honest header gives.
 *
 * Throws `INVALID_ENVELOPE`, `INVALID_HEADER`, `WRONG_CONTENT_SECRET`, `INVALID_METADATA`.
 */
export const openEnvelope = async ({
  bytes,
  contentSecret,
  cipher,
}: {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly contentSecret: Uint8Array;
  readonly cipher: ChunkCipher;
}): Promise<OpenedEnvelope> => {
  const reader = createByteReader(bytes);
  try {
    const header = await readHeader(reader);
    const plaintext = await openBody({ contentSecret, headerHash: headerHashOf(header), reader, cipher });
    const first = await plaintext.next();
    const { metadata, rest } = splitMetadata(first.done === true ? new Uint8Array(0) : first.value);
    const content = contentOf(rest, plaintext, reader);
    await content.next(); // runs to its first yield, so that return() before the first read also closes the source
    return { header, metadata, content };
  } catch (error) {
    await reader.close();
    throw error;
  }
};

/** Reads an envelope's header and no more. Throws `INVALID_ENVELOPE`, `INVALID_HEADER`. */
export const readEnvelopeHeader = async (bytes: AsyncIterable<Uint8Array>): Promise<DocumentHeader> => {
  const reader = createByteReader(bytes);
  try {
    return await readHeader(reader);
  } finally {
    await reader.close();
  }
};

/** The envelope's length in bytes for content of this length. Throws `INVALID_METADATA`. */
export const envelopeLength = (metadata: DocumentMetadata, contentBytes: number): number => {
  const plaintext = LENGTH_BYTES + encodeMetadata(metadata).length + contentBytes;
  return BODY_OFFSET + BODY_PREFIX_BYTES + plaintext + (Math.floor(plaintext / CHUNK_BYTES) + 1) * TAG_BYTES;
};

const readHeader = async (reader: ByteReader): Promise<DocumentHeader> => {
  const bytes = await reader.read(BODY_OFFSET);
  if (bytes.length < BODY_OFFSET) throw new KeyquorumError("INVALID_ENVELOPE", "The envelope is shorter than its header.");
  if (ENVELOPE_MAGIC.some((byte, i) => bytes[i] !== byte))
    throw new KeyquorumError("INVALID_ENVELOPE", "These bytes are not an envelope: it starts with KQE1.");
  if (bytes[ENVELOPE_MAGIC.length] !== FLAGS)
    throw new KeyquorumError("INVALID_ENVELOPE", "The envelope has flags that this version does not know.");
  return parseHeader(bytes.subarray(PREFIX_BYTES));
};

/** u32 big-endian length, metadata, content. */
async function* plaintextOf(metadata: Uint8Array, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const start = new Uint8Array(LENGTH_BYTES + metadata.length);
  new DataView(start.buffer).setUint32(0, metadata.length);
  start.set(metadata, LENGTH_BYTES);
  yield start;
  yield* content;
}

/** Metadata always fits the first chunk, so a reader never holds more than one. */
const splitMetadata = (chunk: Uint8Array): { readonly metadata: DocumentMetadata; readonly rest: Uint8Array } => {
  if (chunk.length < LENGTH_BYTES) throw new KeyquorumError("INVALID_METADATA", "The plaintext is shorter than its metadata.");
  const length = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength).getUint32(0);
  const end = LENGTH_BYTES + length;
  if (length > MAX_METADATA_BYTES || end > chunk.length) {
    throw new KeyquorumError("INVALID_METADATA", "The metadata's length is not possible.", { details: { length } });
  }
  return { metadata: parseMetadata(chunk.subarray(LENGTH_BYTES, end)), rest: chunk.subarray(end) };
};

async function* contentOf(rest: Uint8Array, plaintext: AsyncGenerator<Uint8Array>, reader: ByteReader): AsyncGenerator<Uint8Array> {
  try {
    yield new Uint8Array(0);
    if (rest.length > 0) yield rest;
    yield* plaintext;
  } finally {
    await reader.close();
  }
}
