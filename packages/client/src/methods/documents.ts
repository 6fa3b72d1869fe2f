import { type Address, type Hash32, KeyquorumError, parseAddress, parseDocumentId, parseKeyId } from "@keyquorum/wire";
import type { ClientContext } from "../clientContext.ts";
import { type DocumentSummary, listPublished, readLabel } from "../documents.ts";
import { type EncryptionContext, encryptDocument } from "../encrypt.ts";
import { readDefaultKey, readKey } from "../keys.ts";
import type { CallOptions, EncryptOptions, ListOptions, PublishOptions } from "../options.ts";
import { checkPublisher, createStoring, publishStored } from "../publish.ts";
import { findEnvelope } from "../source.ts";
import type { DecryptedDocument, DocumentContent, DocumentSource, EncryptedDocument, PublishedDocument } from "../types.ts";

/** Encrypting, storing, publishing and finding documents. */
export type DocumentMethods = {
  /**
   * Encrypts a file, a text or a JSON value. The ciphertext is made while it is read. Only the key and the owner's address are looked up where
   * they are not given; the function `encryptDocument` of this package needs no network at all.
   * Throws INVALID_VALUE, NO_SIGNER (no owner given and no signer), and what `keyInfo` throws.
   */
  readonly encryptDocument: (content: DocumentContent, options?: EncryptOptions) => Promise<EncryptedDocument>;
  /** Opens a ciphertext with a content secret that an earlier retrieval returned. Asks no keeper. Throws WRONG_CONTENT_SECRET, INVALID_ENVELOPE and what finding the ciphertext throws. */
  readonly decryptDocument: (source: DocumentSource, contentSecret: Uint8Array, options?: CallOptions) => Promise<DecryptedDocument>;
  /**
   * Stores the ciphertext and publishes the document, or a further version of it. May be called again after a failure.
   * Throws NO_SIGNER, INVALID_VALUE (the signer is not the owner), TRANSACTION_REFUSED, CHAIN_UNAVAILABLE, BLOB_STORE_FULL, BLOB_STORE_FAILED.
   */
  readonly publish: (encrypted: EncryptedDocument, options?: PublishOptions) => Promise<PublishedDocument>;
  /** Lists published documents, the one published last first. Throws CHAIN_UNAVAILABLE. */
  readonly listDocuments: (options?: ListOptions) => Promise<readonly DocumentSummary[]>;
};

export const createDocumentMethods = (client: ClientContext): DocumentMethods => {
  const { chain, blobs, cipher, random, signing, open } = client;
  const storing = createStoring(blobs);
  return {
    encryptDocument: async (content, given = {}) => {
      const { context, salt } = await contextFor(client, given);
      const { name, mediaType } = given;
      return encryptDocument(content, context, {
        cipher,
        random,
        ...(salt === undefined ? {} : { salt }),
        ...(name === undefined ? {} : { name }),
        ...(mediaType === undefined ? {} : { mediaType }),
      });
    },
    decryptDocument: async (source, contentSecret, { signal } = {}) =>
      open(await findEnvelope({ chain, blobs }, source, signal), contentSecret, signal),
    publish: async (encrypted, { signal, onProgress } = {}) => {
      const signed = await signing();
      checkPublisher(encrypted, signed.account);
      const cid = await storing(encrypted, { signal, onProgress });
      return publishStored(signed, { encrypted, cid, publisher: signed.account, signal });
    },
    listDocuments: async ({ owner, limit = 100, signal } = {}) =>
      listPublished(chain, { ...(owner === undefined ? {} : { owner: parseAddress(owner) }), limit, signal }),
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
