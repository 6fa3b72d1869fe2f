import type { BlockSource, BlockStorage } from "./blockStorage.ts";
import type { Cid } from "./cid.ts";

/** What one call may take. */
export type BlobOptions = {
  /** Stops the call: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told the number of bytes so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
};

export type GetOptions = BlobOptions & {
  /** Refuse larger blobs (`BLOB_CORRUPT` names the limit) before reading them, also when only a part of one is wanted. Default 1 TiB. */
  readonly maxBytes?: number | undefined;
  /** The first byte wanted, from 0 to the blob's size. Default 0. */
  readonly offset?: number | undefined;
  /** How many bytes are wanted; offset and length together stay within the blob. Default: all that follow. */
  readonly length?: number | undefined;
  /** The reader is done with each piece when it asks for the next one: its memory may then be used again. Default false: pieces are the reader's own. */
  readonly lends?: boolean | undefined;
};

/**
 * Reads ciphertext by its content id. What `get` yields has been hashed and compared with the id it was asked by, byte for byte, before the caller
 * sees it. Every implementation passes `describeBlobReader`.
 */
export type BlobReader = {
  /**
   * Yields a blob, or the part of it that is wanted, in order and verified block by block; blocks outside of that part are not read. Complete only
   * when it ends without an error. The blob's size is its root's word: a part is exact, but only a whole read shows that a root has lied.
   * Throws `INVALID_CID`, `INVALID_RANGE` (details: the blob's size), `BLOB_NOT_FOUND` (also when only a part is there), `BLOB_CORRUPT` (names
   * the block), `BLOB_STORE_FAILED`, `BLOB_REMOTE_FAILED`.
   */
  readonly get: (cid: string, options?: GetOptions) => AsyncGenerator<Uint8Array>;
  /** A blob's bytes as its verified root declares them; reads one block. Throws as `get`. */
  readonly size: (cid: string, options?: BlobOptions) => Promise<number>;
  /** Whether all of a blob is there. Inner blocks are verified, leaves are only looked for. Throws `INVALID_CID`, `BLOB_CORRUPT`, as `get`. */
  readonly has: (cid: string, options?: BlobOptions) => Promise<boolean>;
  /** The blocks beneath, unverified: for `transferBlob` and `exportCar`. */
  readonly blocks: BlockSource;
};

/** Keeps ciphertext by its content id. Every implementation passes `describeBlobStore`. */
export type BlobStore = BlobReader & {
  /**
   * Stores a stream and returns its content id, when all of it is durable. Holds a few blocks at a time. Adding the same bytes again gives the same
   * id. What an interrupted call leaves behind is never visible and is overwritten by the next try.
   * Throws `BLOB_STORE_FULL`, `BLOB_STORE_FAILED`, `BLOB_REMOTE_FAILED`, or what the stream throws.
   */
  readonly add: (bytes: AsyncIterable<Uint8Array>, options?: BlobOptions) => Promise<Cid>;
  /**
   * Removes a blob that was added; blocks that other added blobs need stay. Nothing happens when it is not there. Kubo frees the bytes at its next
   * garbage collection. Throws `INVALID_CID`, and what the store throws.
   */
  readonly remove: (cid: string) => Promise<void>;
  readonly blocks: BlockStorage;
};
