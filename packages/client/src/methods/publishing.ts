import type { BlobStore, Cid, TransferProgress } from "@keyquorum/blobs";
import { type Address, type DocumentCardBody, parseAddress, parseDocumentId, type SigningDomain } from "@keyquorum/wire";
import type { ClientContext } from "../clientContext.ts";
import { checkDeployment, findEnvelope } from "../documents/source.ts";
import { readKey } from "../keys/keys.ts";
import type { CallOptions, PublishOptions, StoreOptions } from "../options.ts";
import type { DeleteOptions, DeletionReport } from "../publish/deleteDocument.ts";
import type { StoredEnvelopes, StoringOptions } from "../publish/publish.ts";
import type { DocumentSource, EncryptedDocument, PublishedDocument, TransactionSummary } from "../types.ts";
import { withinWalletTime } from "../wallets/walletTime.ts";

/** Where a stored ciphertext goes. */
export type UploadOptions = CallOptions & {
  /** A store that others can read: Kubo, Helia, another directory. */
  readonly to: Pick<BlobStore, "blocks">;
  readonly onProgress?: (progress: TransferProgress) => void;
};

/** What owners do with their documents. Transactions throw NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE. */
export type PublishingMethods = {
  /**
   * Stores the ciphertext and returns its content id. May be called again: it is encrypted and stored once.
   * Throws BLOB_STORE_FULL, BLOB_STORE_FAILED, INVALID_METADATA (the content is not as long as it was said to be), or what the content throws.
   */
  readonly store: (encrypted: EncryptedDocument, options?: StoreOptions) => Promise<Cid>;
  /**
   * Copies a stored ciphertext to another store, block by block. After an interruption the same call goes on: what arrived is not sent again, and
   * nothing is ever encrypted again. Throws INVALID_CID, BLOB_NOT_FOUND, BLOB_CORRUPT, and what the other store throws.
   */
  readonly upload: (cid: string, options: UploadOptions) => Promise<TransferProgress>;
  /**
   * Stores the ciphertext and publishes the document, or a further version of it. May be called again after a failure.
   * Throws INVALID_VALUE (the signer is not the owner) and what `store` throws too.
   */
  readonly publish: (encrypted: EncryptedDocument, options?: PublishOptions) => Promise<PublishedDocument>;
  /**
   * Takes a ciphertext that was made earlier, offline for one, so that it can be published or signed.
   * Throws WRONG_CHAIN, INVALID_HEADER (also when its proof does not verify), UNKNOWN_KEY, KEY_NOT_READY and what finding it throws.
   */
  readonly loadEncrypted: (source: DocumentSource, options?: CallOptions) => Promise<EncryptedDocument>;
  /**
   * Signs, as the owner, that a stored ciphertext is theirs. Returns the document's card, JSON data that goes with a document that is not published.
   * No gas, no transaction. Throws INVALID_VALUE (the signer is not the owner), INVALID_CID, NO_SIGNER.
   */
  readonly signAuthorship: (encrypted: Pick<EncryptedDocument, "header">, cid: string, options?: CallOptions) => Promise<DocumentCardBody>;
  /** Chooses the version that readers get by default; 0: the newest. Other versions stay readable by their number. Throws INVALID_VALUE too. */
  readonly rollBack: (document: string, version: number, options?: CallOptions) => Promise<TransactionSummary>;
  /** Withdraws a version for good: keepers serve it no more. Throws INVALID_VALUE, UNKNOWN_DOCUMENT too. */
  readonly withdraw: (document: string, version: number, options?: CallOptions) => Promise<TransactionSummary>;
  /** Moves a published document to another permissions contract. Throws NOT_A_CONTRACT (unless `force`), INVALID_VALUE too. */
  readonly movePermissions: (
    document: string,
    contract: Address | string,
    options?: CallOptions & { readonly force?: boolean },
  ) => Promise<TransactionSummary>;
  /**
   * Deletes a document as far as that is possible, and says what is not (`cannotPromise`): withdraws all versions, revokes all grants in AccessGrants
   * and removes its ciphertexts from the store. Repeatable after a failure. Throws INVALID_VALUE, UNKNOWN_DOCUMENT and what the store throws too.
   */
  readonly deleteDocument: (document: string, options?: DeleteOptions) => Promise<DeletionReport>;
};

export const createPublishingMethods = ({ chain, deployment, blobs, signing, clock, timeouts }: ClientContext): PublishingMethods => {
  // What comes from rest.ts is loaded when it is called.
  const stored: StoredEnvelopes = new WeakMap();
  const storing = async (encrypted: EncryptedDocument, options: StoringOptions): Promise<Cid> =>
    (await import("../rest.ts")).storeOnce({ blobs, stored }, encrypted, options);
  const domain: SigningDomain = { chainId: deployment.chainId, shareRequests: parseAddress(deployment.contracts.shareRequests) };
  return {
    store: (encrypted, options = {}) => storing(encrypted, options),
    upload: async (cid, { to, signal, onProgress }) => {
      const { transferBlob } = await import("../rest.ts");
      return transferBlob({ cid, from: blobs, to, signal, onProgress });
    },
    publish: async (encrypted, { signal, onProgress } = {}) => {
      const { checkPublisher, publishStored } = await import("../rest.ts");
      const signed = await signing(signal);
      checkPublisher(encrypted, signed.account);
      checkDeployment(chain, encrypted.header);
      const cid = await storing(encrypted, { signal, onProgress });
      return publishStored(signed, { encrypted, cid, publisher: signed.account, signal });
    },
    loadEncrypted: async (source, { signal } = {}) => {
      const { encryptedOf } = await import("../rest.ts");
      const found = await findEnvelope({ chain, blobs }, source, signal);
      checkDeployment(chain, found.header);
      return encryptedOf(found, (await readKey(chain, found.header.keyId, signal)).publicKey);
    },
    signAuthorship: async (encrypted, cid, { signal } = {}) => {
      const { signAuthorship } = await import("../rest.ts");
      const { signer } = await signing(signal);
      checkDeployment(chain, encrypted.header);
      const limits = { clock, limitMs: timeouts.transactMs, signal };
      return withinWalletTime(limits, (limited) => signAuthorship({ signer, domain }, encrypted, cid, limited));
    },
    rollBack: async (document, version, { signal } = {}) => {
      const { chooseVersion } = await import("../rest.ts");
      return chooseVersion(await signing(signal), parseDocumentId(document), version, signal);
    },
    withdraw: async (document, version, { signal } = {}) => {
      const { withdrawVersion } = await import("../rest.ts");
      return withdrawVersion(await signing(signal), parseDocumentId(document), version, signal);
    },
    movePermissions: async (document, contract, options = {}) => {
      const { movePermissions } = await import("../rest.ts");
      return movePermissions(await signing(options.signal), parseDocumentId(document), parseAddress(contract), options);
    },
    deleteDocument: async (document, options = {}) => {
      const { deleteDocument } = await import("../rest.ts");
      return deleteDocument(await signing(options.signal), blobs, parseDocumentId(document), options);
    },
  };
};
