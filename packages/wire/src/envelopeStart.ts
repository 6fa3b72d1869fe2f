import { type ByteReader, createByteReader } from "./byteReader.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { type DocumentHeader, encodeHeader, HEADER_BYTES, parseHeader } from "./header.ts";
import { type DocumentMetadata, encodeMetadata, MAX_METADATA_BYTES, parseMetadata } from "./metadata.ts";

/** "KQE1": the first bytes of every envelope of version 1. PROTOCOL section 4.3. */
export const ENVELOPE_MAGIC = Uint8Array.of(0x4b, 0x51, 0x45, 0x31);
const PUBLIC_METADATA = 1;
const PREFIX_BYTES = ENVELOPE_MAGIC.length + 1;
const LENGTH_BYTES = 4;

/** Where the body starts when the metadata is not public. */
export const BODY_OFFSET = PREFIX_BYTES + HEADER_BYTES;
/** No body starts further on. */
export const MAX_BODY_OFFSET = BODY_OFFSET + LENGTH_BYTES + MAX_METADATA_BYTES;

/** What an envelope says in clear, before its body. Nothing here is proven before the body is opened. */
export type EnvelopeStart = {
  readonly header: DocumentHeader;
  /** The public copy of the metadata, where the author made one. */
  readonly publicMetadata?: DocumentMetadata;
  /** Where the body starts: chunk i is at `bodyOffset + BODY_PREFIX_BYTES + i * SEALED_CHUNK_BYTES`. */
  readonly bodyOffset: number;
};

/** Writes an envelope up to its body. Throws `INVALID_METADATA`. */
export const encodeEnvelopeStart = (header: DocumentHeader, publicMetadata?: DocumentMetadata): Uint8Array => {
  const metadata = publicMetadata === undefined ? new Uint8Array(0) : encodeMetadataBlock(publicMetadata);
  const bytes = new Uint8Array(BODY_OFFSET + metadata.length);
  bytes.set(ENVELOPE_MAGIC);
  bytes[ENVELOPE_MAGIC.length] = publicMetadata === undefined ? 0 : PUBLIC_METADATA;
  bytes.set(encodeHeader(header), PREFIX_BYTES);
  bytes.set(metadata, BODY_OFFSET);
  return bytes;
};

/** u32 big-endian length and the metadata: how it stands in the plaintext, and in clear where it is public. Throws `INVALID_METADATA`. */
export const encodeMetadataBlock = (metadata: DocumentMetadata): Uint8Array => {
  const json = encodeMetadata(metadata);
  const bytes = new Uint8Array(LENGTH_BYTES + json.length);
  new DataView(bytes.buffer).setUint32(0, json.length);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
};

/** Reads an envelope up to its body. Throws `INVALID_ENVELOPE`, `INVALID_HEADER`, `INVALID_METADATA`. */
export const readEnvelopeStart = async (bytes: AsyncIterable<Uint8Array>): Promise<EnvelopeStart> => {
  const reader = createByteReader(bytes);
  try {
    const { metadataBlock: _, ...start } = await takeEnvelopeStart(reader);
    return start;
  } finally {
    await reader.close();
  }
};

/** Reads an envelope's header and no more. Throws `INVALID_ENVELOPE`, `INVALID_HEADER`. */
export const readEnvelopeHeader = async (bytes: AsyncIterable<Uint8Array>): Promise<DocumentHeader> => {
  const reader = createByteReader(bytes);
  try {
    return (await takeHeader(reader)).header;
  } finally {
    await reader.close();
  }
};

/** Takes an envelope up to its body off the reader, which then stands before the body. `metadataBlock` is the public copy, byte for byte. */
export const takeEnvelopeStart = async (reader: ByteReader): Promise<EnvelopeStart & { readonly metadataBlock?: Uint8Array }> => {
  const { header, flags } = await takeHeader(reader);
  if (flags === 0) return { header, bodyOffset: BODY_OFFSET };
  const lengthBytes = await take(reader, LENGTH_BYTES);
  const length = metadataLength(lengthBytes);
  const json = await take(reader, length);
  const metadataBlock = new Uint8Array(LENGTH_BYTES + length);
  metadataBlock.set(lengthBytes);
  metadataBlock.set(json, LENGTH_BYTES);
  return { header, publicMetadata: parseMetadata(json), metadataBlock, bodyOffset: BODY_OFFSET + metadataBlock.length };
};

/**
 * Splits the first chunk of a plaintext, which metadata always fits. Throws `INVALID_METADATA`, and `INVALID_ENVELOPE` when the public copy
 * (`metadataBlock`) is not the same bytes: whoever stores an envelope could have changed it.
 */
export const splitPlaintext = (
  chunk: Uint8Array,
  metadataBlock: Uint8Array | undefined,
): { readonly metadata: DocumentMetadata; readonly contentStart: number } => {
  if (chunk.length < LENGTH_BYTES) throw new KeyquorumError("INVALID_METADATA", "The plaintext is shorter than its metadata.");
  const contentStart = LENGTH_BYTES + metadataLength(chunk);
  if (contentStart > chunk.length) throw impossibleLength(contentStart - LENGTH_BYTES);
  const block = chunk.subarray(0, contentStart);
  if (metadataBlock !== undefined && !(metadataBlock.length === block.length && block.every((byte, i) => byte === metadataBlock[i]))) {
    throw new KeyquorumError("INVALID_ENVELOPE", "The envelope's public metadata is not what its author encrypted.");
  }
  return { metadata: parseMetadata(chunk.subarray(LENGTH_BYTES, contentStart)), contentStart };
};

const takeHeader = async (reader: ByteReader): Promise<{ readonly header: DocumentHeader; readonly flags: number }> => {
  const bytes = await take(reader, BODY_OFFSET);
  if (ENVELOPE_MAGIC.some((byte, i) => bytes[i] !== byte))
    throw new KeyquorumError("INVALID_ENVELOPE", "These bytes are not an envelope: it starts with KQE1.");
  const flags = bytes[ENVELOPE_MAGIC.length] ?? 0;
  if (flags !== 0 && flags !== PUBLIC_METADATA)
    throw new KeyquorumError("INVALID_ENVELOPE", "The envelope has flags that this version does not know.", { details: { flags } });
  return { header: parseHeader(bytes.subarray(PREFIX_BYTES)), flags };
};

const take = async (reader: ByteReader, length: number): Promise<Uint8Array> => {
  const bytes = await reader.read(length);
  if (bytes.length === length) return bytes;
  throw new KeyquorumError("INVALID_ENVELOPE", "The envelope is shorter than its header.");
};

const metadataLength = (bytes: Uint8Array): number => {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  if (length > MAX_METADATA_BYTES) throw impossibleLength(length);
  return length;
};

const impossibleLength = (length: number): KeyquorumError =>
  new KeyquorumError("INVALID_METADATA", "The metadata's length is not possible.", { details: { length } });
