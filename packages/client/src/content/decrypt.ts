import { borrowed, type ChunkCipher, type Hash32, headerHashOf, KeyquorumError, lending, openEnvelope } from "@keyquorum/wire";
import { wholeNumber } from "../numbers.ts";
import type { OnBytes } from "../options.ts";
import type { DecryptedDocument } from "../types.ts";
import { counted, once, readAll, untilAborted } from "./bytes.ts";

/** `bytes()`, `text()` and `json()` read no more than this unless they are told to: 256 MiB. */
export const DEFAULT_MAX_CONTENT_BYTES = 256 * 1024 * 1024;

/**
 * Opens a ciphertext with its content secret. Header, key commitment and metadata are checked before this resolves, each chunk before it is
 * handed out. PROTOCOL section 4.3.
 *
 * Throws INVALID_ENVELOPE, INVALID_HEADER (also when it is not the header that was asked for), WRONG_CONTENT_SECRET, INVALID_METADATA.
 */
export const decryptDocument = async (options: {
  readonly envelope: AsyncIterable<Uint8Array>;
  /** 32 bytes, secret. */
  readonly contentSecret: Uint8Array;
  readonly cipher: ChunkCipher;
  /** The version that the content secret is of. */
  readonly headerHash?: Hash32;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnBytes | undefined;
}): Promise<DecryptedDocument> => {
  const { envelope, contentSecret, cipher, headerHash, signal, onProgress } = options;
  const { header, metadata, content } = await openEnvelope({
    bytes: untilAborted(borrowed(envelope), signal),
    contentSecret,
    cipher,
    lends: true,
  });
  if (headerHash !== undefined && headerHashOf(header) !== headerHash) {
    await content.return(undefined);
    throw new KeyquorumError("INVALID_HEADER", "This is the ciphertext of a version other than the requested one.", {
      details: { headerHash },
    });
  }
  const plaintext = lending(once(() => counted(content, metadata.size, onProgress), "content", "decrypt the document"));
  const bytes = async (maxBytes = DEFAULT_MAX_CONTENT_BYTES): Promise<Uint8Array> =>
    readAll(
      plaintext,
      wholeNumber("maxBytes", maxBytes, [0, Number.MAX_SAFE_INTEGER]),
      () => new KeyquorumError("CONTENT_TOO_LARGE", `The content is longer than ${maxBytes} bytes.`, { details: { maxBytes } }),
    );
  const text = async (maxBytes?: number): Promise<string> => decodeText(await bytes(maxBytes));
  return {
    document: header.document,
    header,
    metadata,
    content: plaintext,
    bytes,
    text,
    json: async (maxBytes) => parseJson(await text(maxBytes)),
  };
};

const decodeText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new KeyquorumError("INVALID_VALUE", "The content is not UTF-8 text; read it as bytes.", { cause });
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeyquorumError("INVALID_VALUE", "The content is not JSON; read it as text.", { cause });
  }
};
