import { bytesOfPiece, type DocumentMetadata, encodeMetadata, isBytes, KeyquorumError } from "@keyquorum/wire";
import type { DocumentContent } from "../types.ts";
import { chunksOf, isBlob, single } from "./bytes.ts";
import { jsonText } from "./jsonText.ts";

/** A document's bytes, each piece checked, and what the envelope will say about them. */
export type ParsedContent = {
  readonly metadata: DocumentMetadata;
  /** Throws INVALID_VALUE when a piece is no bytes, or the caller's stream fails (`cause`). */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Frees what the caller's stream holds, when it will not be read to its end. Safe to call again. */
  readonly discard: () => void;
};

/**
 * Takes a document apart. From now on a stream's failure is ours to tell: a Node stream that nobody listens to would end the process.
 * Throws INVALID_VALUE for what is not a document, INVALID_METADATA; the stream is discarded then.
 */
export const parseContent = (
  content: DocumentContent,
  given: { readonly name?: string | undefined; readonly mediaType?: string | undefined } = {},
): ParsedContent => {
  let source: Source | undefined;
  try {
    const { kind, value, ...hints } = kindOf(content);
    source = sourceOf(value);
    const metadata = describe(kind, given, { ...source.hints, ...hints, ...(source.size === undefined ? {} : { size: source.size }) });
    encodeMetadata(metadata); // refuses impossible metadata before anybody is asked
    return { metadata, bytes: readable(source.pieces), discard: source.discard };
  } catch (cause) {
    source?.discard();
    throw unreadable(cause);
  }
};

type Hints = { readonly name?: string | undefined; readonly mediaType?: string | undefined; readonly size?: number | undefined };
type Kind = Hints & { readonly kind: DocumentMetadata["kind"]; readonly value: unknown };

const kindOf = (content: unknown): Kind => {
  if (typeof content === "string") return { kind: "text", value: utf8(content) };
  if (typeof content !== "object" || content === null) throw noDocument();
  if (isBytes(content) || isBlob(content)) return { kind: "file", value: content };
  if ("json" in content) return { kind: "json", value: utf8(jsonText(content.json)) };
  if (!("file" in content)) return { kind: "file", value: content };
  const { file, name, mediaType, size } = content as { readonly file: unknown } & Hints; // encodeMetadata checks them
  return {
    kind: "file",
    value: file,
    ...(name === undefined ? {} : { name }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(size === undefined ? {} : { size }),
  };
};

type Source = {
  readonly pieces: AsyncIterable<unknown>;
  /** Bytes, where the value itself says how many. */
  readonly size?: number;
  readonly hints?: Hints;
  readonly discard: () => void;
};

const nothing = (): void => undefined;

const sourceOf = (value: unknown): Source => {
  if (isBytes(value)) {
    bytesOfPiece(value);
    const bytes = new Uint8Array(value); // the caller may use its memory again, or share it with another thread
    return { pieces: single(bytes), size: bytes.length, discard: nothing };
  }
  if (typeof value !== "object" || value === null) throw noDocument();
  if (isBlob(value)) {
    return {
      pieces: { [Symbol.asyncIterator]: () => chunksOf(value.stream()) },
      size: value.size,
      hints: {
        ...("name" in value && typeof value.name === "string" ? { name: value.name } : {}),
        ...(value.type === "" ? {} : { mediaType: value.type }),
      },
      discard: nothing,
    };
  }
  if ("getReader" in value) {
    const stream = value as ReadableStream<Uint8Array>; // whatever it is, its pieces are checked and its errors told
    if (stream.locked) throw new KeyquorumError("INVALID_VALUE", "The content is a stream that somebody reads already (locked).");
    return {
      pieces: { [Symbol.asyncIterator]: () => chunksOf(stream) },
      discard: () => {
        stream.cancel().catch(nothing);
      },
    };
  }
  if (!(Symbol.asyncIterator in value)) throw noDocument();
  const pieces = value as AsyncIterable<unknown>; // as above
  return { pieces, discard: listenTo(value as Partial<NodeReadable>) };
};

/** What is used of Node's streams. An async generator has `return` instead. */
type NodeReadable = {
  readonly on: (event: "error", listener: () => void) => unknown;
  readonly destroy: () => unknown;
  readonly return: (value: undefined) => Promise<unknown>;
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  readonly errored: unknown;
};

/** Returns what discards the stream. */
const listenTo = (stream: Partial<NodeReadable>): (() => void) => {
  const discard = (): void => {
    try {
      stream.destroy?.();
      stream.return?.(undefined)?.catch(nothing);
    } catch {
      // whoever made it threw it away already
    }
  };
  if (typeof stream.destroy !== "function") return discard;
  stream.on?.("error", nothing);
  if (stream.errored) throw unreadable(stream.errored);
  if (stream.readableEnded || stream.destroyed)
    throw new KeyquorumError("INVALID_VALUE", "The content is a stream that was read or closed already.");
  return discard;
};

/** A caller's stream: its pieces checked, its failure an error of ours. Throws INVALID_VALUE. */
export async function* readable(pieces: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of pieces) yield bytesOfPiece(piece);
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** What the caller's object threw, as an error of ours. */
const unreadable = (cause: unknown): KeyquorumError =>
  cause instanceof KeyquorumError
    ? cause
    : new KeyquorumError("INVALID_VALUE", "The content cannot be read to its end: the cause says why.", {
        details: { field: "content" },
        cause,
      });

const describe = (kind: DocumentMetadata["kind"], given: Hints, hints: Hints): DocumentMetadata => {
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

/** Half a character (a lone surrogate) has no bytes: encoders put U+FFFD in its place silently. */
const utf8 = (text: string): Uint8Array => {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  throw new KeyquorumError("INVALID_VALUE", "The text holds half a character (a lone surrogate), which has no bytes.", {
    details: { field: "content" },
  });
};

const noDocument = (): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", "content must be a string, a Uint8Array, a Blob, a stream of Uint8Arrays, { json } or { file }.");
