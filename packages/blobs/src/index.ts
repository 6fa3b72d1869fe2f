export type { BlobOptions, BlobReader, BlobStore, GetOptions } from "./blobStore.ts";
export {
  type BlockOptions,
  type BlockSource,
  type BlockStorage,
  copying,
  createMemoryBlocks,
  type GetBlockOptions,
} from "./blockStorage.ts";
export { LEAF_BYTES, LINKS_PER_NODE } from "./buildFile.ts";
export { CID_BYTES, type Cid, cidFromBytes, cidToBytes, parseCid } from "./cid.ts";
export { createBlobReader, type ReaderOptions } from "./createBlobReader.ts";
export { createBlobStore } from "./createBlobStore.ts";
export { createGatewayBlobStore, type GatewayFault, type GatewayOptions } from "./gatewayBlobStore.ts";
export { createKuboBlobStore, type KuboOptions } from "./kuboBlobStore.ts";
export { createMemoryBlobStore } from "./memoryBlobStore.ts";
export type { Patience } from "./patience.ts";
export type { Fetch } from "./remote.ts";
export { createTieredBlobStore } from "./tieredBlobStore.ts";
export { type TransferOptions, type TransferProgress, transferBlob } from "./transferBlob.ts";
export { MAX_BLOCK_BYTES, MAX_DEPTH } from "./walk.ts";
