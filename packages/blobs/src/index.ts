export type { BlobOptions, BlobReader, BlobStore, GetOptions } from "./blobStore.ts";
export { type BlockOptions, type BlockSource, type BlockStorage, createMemoryBlocks } from "./blockStorage.ts";
export { LEAF_BYTES, LINKS_PER_NODE } from "./buildFile.ts";
export { CID_BYTES, type Cid, cidFromBytes, cidToBytes, parseCid } from "./cid.ts";
export { createBlobReader } from "./createBlobReader.ts";
export { createBlobStore } from "./createBlobStore.ts";
export { createMemoryBlobStore } from "./memoryBlobStore.ts";
export { type TransferOptions, type TransferProgress, transferBlob } from "./transferBlob.ts";
export { MAX_BLOCK_BYTES, MAX_DEPTH } from "./walk.ts";
