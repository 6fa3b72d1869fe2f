import { type DocumentMetadata, KeyquorumError } from "@keyquorum/wire";
import { chunksOf, isBlob, single } from "./bytes.ts";
import type { DocumentContent } from "./types.ts";

type ParsedContent = { readonly metadata: DocumentMetadata; readonly bytes: AsyncIterable<Uint8Array> };

/** A document's bytes and what the envelope will say about them. Throws `INVALID_VALUE` for what is no document. */
export const parseContent = (
  content: DocumentContent,
  given: { readonly name?: string | undefined; readonly mediaType?: string | undefined } = {},
): ParsedContent => {
  if (typeof content === "string") return ofBytes("text", utf8(content), given);
  if (content instanceof Uint8Array) return ofBytes("file", content, given);
  if (isBlob(content)) {
    return { metadata: describe("file", given, blobHints(content)), bytes: chunksOf(content.stream()) };
  }
  if (typeof content !== "object" || content === null) throw noDocument();
  if ("json" in content) return ofBytes("json", utf8(toJson(content.json)), given);
  if ("file" in content) {
    const { file, ...hints } = content;
    return file instanceof Uint8Array ? ofBytes("file", file, given, hints) : { metadata: describe("file", given, hints), bytes: file };
  }
  if ("getReader" in content) return { metadata: describe("file", given), bytes: chunksOf(content) };
  if (Symbol.asyncIterator in content) return { metadata: describe("file", given), bytes: content };
  throw noDocument();
};

type Hints = { readonly name?: string | undefined; readonly mediaType?: string | undefined; readonly size?: number | undefined };

const ofBytes = (kind: DocumentMetadata["kind"], bytes: Uint8Array, given: Hints, hints: Hints = {}): ParsedContent => ({
  metadata: describe(kind, given, { ...hints, size: bytes.length }),
  bytes: single(bytes),
});

const describe = (kind: DocumentMetadata["kind"], given: Hints, hints: Hints = {}): DocumentMetadata => {
  const name = given.name ?? hints.name;
  const mediaType = given.mediaType ?? hints.mediaType;
  const { size } = hints;
  return {
    kind,
    ...(name === undefined ? {} : { name }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(size === undefined ? {} : { size }),
  };
};

const blobHints = (blob: Blob): Hints => ({
  ...("name" in blob && typeof blob.name === "string" ? { name: blob.name } : {}),
  ...(blob.type === "" ? {} : { mediaType: blob.type }),
  size: blob.size,
});

const toJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  if (text === undefined)
    throw new KeyquorumError("INVALID_VALUE", "content.json is no JSON value: functions and undefined cannot be encrypted.");
  return text;
};

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const noDocument = (): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", "content must be a string, bytes, a Blob, a stream of bytes, { json } or { file }.");
