import type { BlobReader, BlobStore } from "./blobStore.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { openFileBlocks } from "./fileBlocks.ts";
import { createGatewayBlobStore as createUnguarded, type GatewayOptions } from "./gatewayBlobStore.ts";
import { createGuardedFetch } from "./guardedFetch.ts";

/**
 * The default store: blobs in a directory, made if it is not there. Several processes may use one directory to add and read.
 * Blocks are read and hashed a little ahead of whoever decrypts them.
 * Throws `BLOB_STORE_FULL`, `BLOB_STORE_FAILED`.
 */
export const openFileBlobStore = async (directory: string): Promise<BlobStore> =>
  createBlobStore(await openFileBlocks(directory), { readAhead: 2 });

/**
 * `createGatewayBlobStore` of `@keyquorum/blobs` with connections to public addresses only, whatever a name resolves to: `allowPrivateAddresses`
 * takes that away. A `fetch` that is given is used as it is.
 */
export const createGatewayBlobStore = (options: GatewayOptions): BlobReader =>
  createUnguarded({ ...options, fetch: options.fetch ?? (options.allowPrivateAddresses === true ? undefined : createGuardedFetch()) });

export { createGuardedFetch } from "./guardedFetch.ts";
export { createGuardedRequest, type GuardedRequest, type GuardOptions, type SendGuarded } from "./guardedRequest.ts";
export { isLoopbackUrl } from "./privateAddress.ts";
export { readAuthorization } from "./readAuthorization.ts";
