import type { BlobStore } from "./blobStore.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { openFileBlocks } from "./fileBlocks.ts";

/**
 * The default store: blobs in a directory, made if it is not there. Several processes may use one directory to add and read.
 * Throws `BLOB_STORE_FULL`, `BLOB_STORE_FAILED`.
 */
export const openFileBlobStore = async (directory: string): Promise<BlobStore> => createBlobStore(await openFileBlocks(directory));
