import { KeyquorumError } from "./errorCodes.ts";

/** What an envelope says about its content. Encrypted with it; the author may show a copy in clear. */
export type DocumentMetadata = {
  readonly kind: "file" | "text" | "json";
  /** A name without a path, for people: the author's choice. 1..255 characters. */
  readonly name?: string;
  /** As in a Content-Type header. 1..127 characters. */
  readonly mediaType?: string;
  /** Bytes of the content. A reader refuses content of another length. */
  readonly size?: number;
};

/** Most bytes of encoded metadata. PROTOCOL section 4.3. */
export const MAX_METADATA_BYTES = 4096;

const KINDS: readonly string[] = ["file", "text", "json"];
const KEYS: readonly string[] = ["kind", "name", "mediaType", "size"];
const MEDIA_TYPE = /^[\x20-\x7e]{1,127}$/;

/** Writes metadata as UTF-8 JSON. Throws `INVALID_METADATA`. */
export const encodeMetadata = (metadata: DocumentMetadata): Uint8Array => {
  const { kind, name, mediaType, size } = checkMetadata(metadata);
  const bytes = new TextEncoder().encode(JSON.stringify({ kind, name, mediaType, size }));
  if (bytes.length > MAX_METADATA_BYTES) throw invalid(`it has more than ${MAX_METADATA_BYTES} bytes`);
  return bytes;
};

/** Reads metadata. Throws `INVALID_METADATA` for more than 4096 bytes, unknown keys, wrong types, or a name that could leave a directory. */
export const parseMetadata = (bytes: Uint8Array): DocumentMetadata => {
  if (bytes.length > MAX_METADATA_BYTES) throw invalid(`it has more than ${MAX_METADATA_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw invalid("it is not UTF-8 JSON", undefined, cause);
  }
  return checkMetadata(value);
};

const checkMetadata = (value: unknown): DocumentMetadata => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("it is not an object");
  const { kind, name, mediaType, size } = value as Partial<Record<string, unknown>>;
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw invalid("it has a key that the protocol does not know");
  if (typeof kind !== "string" || !KINDS.includes(kind)) throw invalid("kind is not file, text or json");
  if (name !== undefined && !isFileName(name))
    throw invalid("name is not 1 to 255 characters without slashes, line breaks and controls", "name");
  if (mediaType !== undefined && !(typeof mediaType === "string" && MEDIA_TYPE.test(mediaType))) {
    throw invalid("mediaType is not 1 to 127 printable ASCII characters", "mediaType");
  }
  if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) >= 0))
    throw invalid("size is not a whole number of bytes", "size");
  return {
    kind: kind as DocumentMetadata["kind"],
    ...(name === undefined ? {} : { name: name as string }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(size === undefined ? {} : { size: size as number }),
  };
};

/**
 * People read this name: it must not name another folder, break a terminal or read as another name. Joiners, variation selectors, tags and soft hyphens
 * belong to ordinary writing. Nothing may use it as a path unasked: it comes from the author.
 */
const isFileName = (name: unknown): name is string =>
  typeof name === "string" &&
  name.length >= 1 &&
  name.length <= 255 &&
  name !== "." &&
  name !== ".." &&
  name.isWellFormed() &&
  !/[/\\\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/u.test(name);

/** Refuses content of another length than its metadata says. Throws `INVALID_METADATA`. */
export const checkSize = ({ size }: DocumentMetadata, contentBytes: number, isWhole: boolean): void => {
  if (size === undefined || (isWhole ? contentBytes === size : contentBytes <= size)) return;
  throw invalid(`size says ${size} bytes and the content has ${isWhole ? "" : "more than "}${isWhole ? contentBytes : size}`, "size");
};

const invalid = (reason: string, field?: "name" | "mediaType" | "size", cause?: unknown): KeyquorumError =>
  new KeyquorumError("INVALID_METADATA", `The metadata is refused: ${reason}.`, {
    details: { reason, ...(field === undefined ? {} : { field }) },
    cause,
  });
