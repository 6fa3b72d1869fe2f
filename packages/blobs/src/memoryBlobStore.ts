import type { BlobStore } from "./blobStore.ts";
import { createMemoryBlocks } from "./blockStorage.ts";
import { createBlobStore } from "./createBlobStore.ts";

/** A store that forgets: for tests, and for browsers that hand ciphertext on. */
export const createMemoryBlobStore = (): BlobStore => createBlobStore(createMemoryBlocks());
