import type { Cid } from "./cid.ts";

/** What one call may take. */
export type BlobOptions = {
  /** Stops the call: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told the number of bytes so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
};

export type GetOptions = BlobOptions & {
  /** Refuse larger blobs (`BLOB_CORRUPT` names the limit) before reading them. Default 1 TiB. */
  readonly maxBytes?: number;
};

/**
 * Ciphertext by its content id. What `get` yields has been hashed and compared with the id it was asked by, byte for byte, before the caller sees it.
 * Every implementation passes `describeBlobStore`.
 */
export type BlobStore = {
  /**
   * Stores a stream and returns its content id, when all of it is durable. Holds about a block at a time. Adding the same bytes again gives the same id.
   * What an interrupted call leaves behind is never visible and is overwritten by the next try.
   * Throws `BLOB_STORE_FULL`, `BLOB_STORE_FAILED`, or what the stream throws.
   */
  readonly add: (bytes: AsyncIterable<Uint8Array>, options?: BlobOptions) => Promise<Cid>;
  /**
   * Yields a blob in order, verified block by block. Complete only when it ends without an error.
   * Throws `INVALID_CID`, `BLOB_NOT_FOUND` (also when only a part is there), `BLOB_CORRUPT` (names the block), `BLOB_STORE_FAILED`.
   */
  readonly get: (cid: string, options?: GetOptions) => AsyncGenerator<Uint8Array>;
  /** Whether all of a blob is there. Inner blocks are verified, leaves are only looked for. Throws `INVALID_CID`, `BLOB_CORRUPT`. */
  readonly has: (cid: string) => Promise<boolean>;
  /** Removes a blob that was added; blocks that other added blobs need stay. Nothing happens when it is not there. Throws `INVALID_CID`. */
  readonly remove: (cid: string) => Promise<void>;
};
