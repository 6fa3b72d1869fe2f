export type { BlobOptions, BlobStore, GetOptions } from "./blobStore.ts";
export { type BlockStorage, createMemoryBlocks } from "./blockStorage.ts";
export { CID_BYTES, type Cid, cidFromBytes, cidToBytes, parseCid } from "./cid.ts";
export { createBlobStore, LEAF_BYTES, LINKS_PER_NODE } from "./createBlobStore.ts";
export { createMemoryBlobStore } from "./memoryBlobStore.ts";
export { MAX_BLOCK_BYTES, MAX_DEPTH } from "./walk.ts";
