import { type Address, type Hash32, KeyquorumError, parseAddress, parseDocumentId, parseKeyId } from "@keyquorum/wire";
import type { ClientContext } from "../clientContext.ts";
import { parseContent } from "../content/content.ts";
import type { DocumentDescription } from "../documents/describe.ts";
import type { DocumentSummary } from "../documents/listPublished.ts";
import { openPart } from "../documents/openDocument.ts";
import { readLabel } from "../documents/published.ts";
import { findEnvelope } from "../documents/source.ts";
import { readDefaultKey, readKey } from "../keys/keys.ts";
import { wholeNumber } from "../numbers.ts";
import type { CallOptions, DecryptOptions, EncryptOptions, ListOptions } from "../options.ts";
import { type EncryptionContext, encryptParsed } from "../publish/encrypt.ts";
import type { DocumentVersion } from "../publish/versions.ts";
import type { ContentPart, ContentRange, DocumentContent, DocumentSource, EncryptedDocument, OpenedDocument } from "../types.ts";

/** Encrypting, finding and opening documents. */
export type DocumentMethods = {
  /**
   * Encrypts a file, a text or a JSON value. The ciphertext is made while it is read. Only the key and the owner's address are looked up where
   * they are not given; the functions `encryptOffline` and `encryptDocument` of this package need no network at all.
   * A stream is listened to from now on, and destroyed when this fails.
   * Throws INVALID_VALUE, INVALID_METADATA, NO_SIGNER (no owner given and no signer), and what `keyInfo` throws.
   */
  readonly encryptDocument: (content: DocumentContent, options?: EncryptOptions) => Promise<EncryptedDocument>;
  /**
   * Opens a ciphertext with a content secret that an earlier retrieval returned. Asks no keeper.
   * Throws WRONG_CONTENT_SECRET, INVALID_ENVELOPE and what finding the ciphertext throws.
   */
  readonly decryptDocument: (source: DocumentSource, contentSecret: Uint8Array, options?: DecryptOptions) => Promise<OpenedDocument>;
  /**
   * Opens a part of a ciphertext: fetches and decrypts only the blocks and chunks that hold it. Reading the result throws INVALID_RANGE (details: the
   * content's size), WRONG_CONTENT_SECRET, INVALID_ENVELOPE.
   */
  readonly decryptRange: (
    source: DocumentSource,
    contentSecret: Uint8Array,
    range: ContentRange,
    options?: CallOptions,
  ) => Promise<ContentPart>;
  /**
   * Says what a ciphertext is, without asking keepers: its header, public metadata, whether it is published, and whether its owner vouches for it.
   * Throws WRONG_CHAIN, INVALID_HEADER, UNKNOWN_KEY, KEY_NOT_READY, CHAIN_UNAVAILABLE and what finding the ciphertext throws.
   */
  readonly describe: (source: DocumentSource, options?: CallOptions) => Promise<DocumentDescription>;
  /** Lists published documents, the one published last first. Throws CHAIN_UNAVAILABLE. */
  readonly listDocuments: (options?: ListOptions) => Promise<readonly DocumentSummary[]>;
  /** Lists a document's versions, the newest first. Throws UNKNOWN_DOCUMENT, CHAIN_UNAVAILABLE. */
  readonly versions: (document: string, options?: CallOptions) => Promise<readonly DocumentVersion[]>;
};

export const createDocumentMethods = (client: ClientContext): DocumentMethods => {
  const { chain, blobs, cipher, random, open } = client;
  const finding = { chain, blobs };
  return {
    encryptDocument: async (content, given = {}) => {
      const parsed = parseContent(content, given); // before anything is waited for: until then nobody listens to a stream
      try {
        const { context, salt } = await contextFor(client, given);
        const { publicMetadata } = given;
        return encryptParsed(parsed, context, {
          cipher,
          random,
          ...(salt === undefined ? {} : { salt }),
          ...(publicMetadata === undefined ? {} : { publicMetadata }),
        });
      } catch (error) {
        parsed.discard();
        throw error;
      }
    },
    decryptDocument: async (source, contentSecret, { signal, onProgress } = {}) =>
      open(await findEnvelope(finding, source, signal), contentSecret, signal, onProgress),
    decryptRange: async (source, contentSecret, range, { signal } = {}) =>
      openPart({ found: await findEnvelope(finding, source, signal), contentSecret, cipher, signal }, range),
    // What comes from rest.ts is loaded when it is called.
    describe: async (source, { signal } = {}) => {
      const { describeDocument } = await import("../rest.ts");
      return describeDocument(finding, source, signal);
    },
    listDocuments: async ({ owner, limit = 100, withContent = false, signal } = {}) => {
      const { listPublished } = await import("../rest.ts");
      const wanted = {
        owner: owner === undefined ? undefined : parseAddress(owner),
        limit: wholeNumber("limit", limit, [1, Number.MAX_SAFE_INTEGER]),
        blobs: withContent ? blobs : undefined,
        signal,
      };
      return listPublished(chain, wanted);
    },
    versions: async (document, { signal } = {}) => {
      const { readVersions } = await import("../rest.ts");
      return readVersions(chain, parseDocumentId(document), signal);
    },
  };
};
/** What encrypting binds, looked up where it is not given. A further version has the label of the first. */
const contextFor = async (
  { chain, deployment, signing }: ClientContext,
  given: EncryptOptions,
): Promise<{ readonly context: EncryptionContext; readonly salt: Hash32 | undefined }> => {
  const { signal } = given;
  const first = given.versionOf === undefined ? undefined : await readLabel(chain, parseDocumentId(given.versionOf), signal);
  const keyId = first?.keyId ?? given.keyId;
  const key = keyId === undefined ? await readDefaultKey(chain, signal) : await readKey(chain, parseKeyId(keyId), signal);
  if (key.purpose !== "Decrypt") throw new KeyquorumError("UNKNOWN_KEY", `The key ${key.keyId} is for ${key.purpose}, not for encrypting.`);
  const owner = first?.owner ?? (given.owner === undefined ? (await signing()).account : parseAddress(given.owner));
  const { accessGrants, documentRegistry } = deployment.contracts as Readonly<Record<string, Address>>; // a deployment's addresses are lower case
  const initialPermissions = first?.initialPermissions ?? parseAddress(given.permissions ?? accessGrants);
  return {
    context: {
      chainId: deployment.chainId,
      documentRegistry: parseAddress(documentRegistry),
      keyId: key.keyId,
      publicKey: key.publicKey,
      owner,
      initialPermissions,
    },
    salt: first?.salt ?? given.salt,
  };
};
