import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { CallOptions, DecryptOptions } from "../options.ts";
import type { ContentPart, ContentRange, DocumentSource, OpenedDocument } from "../types.ts";
import { openDocument, openPart } from "./openDocument.ts";
import { findEnvelope } from "./source.ts";

/**
 * Opens a ciphertext with a content secret that an earlier retrieval returned. Asks no keeper.
 * Throws WRONG_CONTENT_SECRET, INVALID_ENVELOPE and what finding the ciphertext throws.
 */
export const decryptDocument = action(
  "decryptDocument",
  async (client: Client, source: DocumentSource, contentSecret: Uint8Array, options: DecryptOptions = {}): Promise<OpenedDocument> => {
    const { signal, onProgress } = options;
    return openDocument({ found: await findEnvelope(client, source, signal), contentSecret, cipher: client.cipher, signal, onProgress });
  },
);

/**
 * Opens a part of a ciphertext: fetches and decrypts only the blocks and chunks that hold it. Reading the result throws INVALID_RANGE (details: the
 * content's size), WRONG_CONTENT_SECRET, INVALID_ENVELOPE.
 */
export const decryptRange = action(
  "decryptRange",
  async (
    client: Client,
    source: DocumentSource,
    contentSecret: Uint8Array,
    range: ContentRange,
    { signal }: CallOptions = {},
  ): Promise<ContentPart> =>
    openPart({ found: await findEnvelope(client, source, signal), contentSecret, cipher: client.cipher, signal }, range),
);
