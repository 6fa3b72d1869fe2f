import type { BlobStore, Cid } from "@keyquorum/blobs";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { OnBytes, StoreOptions } from "../options.ts";
import type { EncryptedDocument } from "../types.ts";

/**
 * Stores the ciphertext and returns its content id. May be called again: it is encrypted and stored once.
 * Throws BLOB_STORE_FULL, BLOB_STORE_FAILED, INVALID_METADATA (the content is not as long as it was said to be), or what the content throws.
 */
export const store = action(
  "store",
  (client: Storing, encrypted: EncryptedDocument, options: StoreOptions = {}): Promise<Cid> => storeOnce(client, encrypted, options),
);

type Storing = Pick<Client, "blobs" | "kept">;

/**
 * Stores an envelope once, however often it is tried: most can be read only once. What was loaded from the store is there already.
 * Throws BLOB_STORE_FULL, BLOB_STORE_FAILED, BLOB_REMOTE_FAILED, INVALID_METADATA (the content is not as long as it was said to be).
 */
export const storeOnce = ({ blobs, kept: { stored } }: Storing, encrypted: EncryptedDocument, options: StoringOptions): Promise<Cid> => {
  const known = stored.get(encrypted);
  if (known !== undefined) return known;
  const adding = add(blobs, encrypted, options);
  stored.set(encrypted, adding);
  adding.catch(() => stored.delete(encrypted)); // what can be read again may be tried again
  return adding;
};

const add = async (blobs: BlobStore, encrypted: EncryptedDocument, { signal, onProgress }: StoringOptions): Promise<Cid> => {
  const { cid, envelope, envelopeBytes } = encrypted;
  if (cid !== undefined && (await blobs.has(cid, { signal }))) return cid;
  return blobs.add(envelope, { signal, onProgress: (bytes) => onProgress?.(bytes, envelopeBytes) });
};

export type StoringOptions = { readonly signal?: AbortSignal | undefined; readonly onProgress?: OnBytes | undefined };
