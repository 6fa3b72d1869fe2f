import { type BlobStore, type TransferProgress, transferBlob } from "@keyquorum/blobs";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { CallOptions } from "../options.ts";

/** Where a stored ciphertext goes. */
export type UploadOptions = CallOptions & {
  /** A store that others can read: Kubo, Helia, another directory. */
  readonly to: Pick<BlobStore, "blocks">;
  readonly onProgress?: (progress: TransferProgress) => void;
};

/**
 * Copies a stored ciphertext to another store, block by block. After an interruption the same call continues: what arrived is not sent again, and
 * nothing is ever encrypted again. Throws INVALID_CID, BLOB_NOT_FOUND, BLOB_CORRUPT, and what the other store throws.
 */
export const upload = action(
  "upload",
  async (client: Pick<Client, "blobs">, cid: string, { to, signal, onProgress }: UploadOptions): Promise<TransferProgress> =>
    transferBlob({ cid, from: client.blobs, to, signal, onProgress }),
);
