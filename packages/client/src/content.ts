import { type DocumentMetadata, KeyquorumError } from "@keyquorum/wire";
import { chunksOf, single } from "./bytes.ts";
import type { DocumentContent } from "./types.ts";

/** A document's bytes and what the envelope will say about them. Throws `INVALID_VALUE` for what is no document. */
export const parseContent = (
  content: DocumentContent,
  given: { readonly name?: string | undefined; readonly mediaType?: string | undefined } = {},
): { readonly metadata: DocumentMetadata; readonly bytes: AsyncIterable<Uint8Array> } => {
  if (typeof content === "string") return { metadata: describe("text", given), bytes: single(utf8(content)) };
  if (content instanceof Uint8Array) return { metadata: describe("file", given), bytes: single(content) };
  if (typeof Blob !== "undefined" && content instanceof Blob) {
    return { metadata: describe("file", given, blobHints(content)), bytes: chunksOf(content.stream()) };
  }
  if (typeof content !== "object" || content === null) throw noDocument();
  if ("json" in content) return { metadata: describe("json", given), bytes: single(utf8(toJson(content.json))) };
  if ("file" in content) {
    const hints = { name: content.name, mediaType: content.mediaType };
    return { metadata: describe("file", given, hints), bytes: content.file instanceof Uint8Array ? single(content.file) : content.file };
  }
  if ("getReader" in content) return { metadata: describe("file", given), bytes: chunksOf(content) };
  if (Symbol.asyncIterator in content) return { metadata: describe("file", given), bytes: content };
  throw noDocument();
};

type Hints = { readonly name?: string | undefined; readonly mediaType?: string | undefined };

const describe = (kind: DocumentMetadata["kind"], given: Hints, hints: Hints = {}): DocumentMetadata => {
  const name = given.name ?? hints.name;
  const mediaType = given.mediaType ?? hints.mediaType;
  return { kind, ...(name === undefined ? {} : { name }), ...(mediaType === undefined ? {} : { mediaType }) };
};

const blobHints = (blob: Blob): Hints => ({
  ...("name" in blob && typeof blob.name === "string" ? { name: blob.name } : {}),
  ...(blob.type === "" ? {} : { mediaType: blob.type }),
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
