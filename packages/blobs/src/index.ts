export type { BlobOptions, BlobReader, BlobStore, GetOptions } from "./blobStore.ts";
export { type BlockOptions, type BlockSource, type BlockStorage, createMemoryBlocks } from "./blockStorage.ts";
export { CID_BYTES, type Cid, cidFromBytes, cidToBytes, parseCid } from "./cid.ts";
export { createBlobReader } from "./createBlobReader.ts";
export { createBlobStore, LEAF_BYTES, LINKS_PER_NODE } from "./createBlobStore.ts";
export { createMemoryBlobStore } from "./memoryBlobStore.ts";
export { MAX_BLOCK_BYTES, MAX_DEPTH } from "./walk.ts";
