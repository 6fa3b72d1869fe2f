import type { CID } from "multiformats/cid";
import type { Cid } from "./cid.ts";
import { blockKey } from "./ipldCid.ts";

export type BlockOptions = { readonly signal?: AbortSignal | undefined };

/** Where blocks come from. It may lose, cut or change them: whoever reads verifies (`readBlock`). Errors are those of `BlobReader`. */
export type BlockSource = {
  /** The block as it lies there, unverified; undefined when it is not there. Larger ones than `maxBytes` are refused, or cut off behind it. */
  readonly get: (cid: CID, options: BlockOptions & { readonly maxBytes: number }) => Promise<Uint8Array | undefined>;
  readonly has: (cid: CID, options?: BlockOptions) => Promise<boolean>;
};

/**
 * Where blocks are kept. `roots` are the blobs that were added whole: what `remove` must not break. Errors are those of `BlobStore`.
 */
export type BlockStorage = BlockSource & {
  /** Resolves when the block is durable. Replaces what is there: a damaged block is healed by adding it again. */
  readonly put: (cid: CID, bytes: Uint8Array, options?: BlockOptions) => Promise<void>;
  /** Absent where the storage frees by itself what no root needs (Kubo). */
  readonly remove?: (cid: CID) => Promise<void>;
  readonly addRoot: (root: Cid, options?: BlockOptions) => Promise<void>;
  readonly removeRoot: (root: Cid) => Promise<void>;
  readonly roots: () => Promise<readonly Cid[]>;
};

/** Blocks in memory: for tests and for browsers. */
export const createMemoryBlocks = (): Required<BlockStorage> & { readonly blocks: Map<string, Uint8Array> } => {
  const blocks = new Map<string, Uint8Array>();
  const roots = new Set<Cid>();
  return {
    blocks,
    put: async (cid, bytes) => {
      blocks.set(blockKey(cid), Uint8Array.from(bytes));
    },
    get: async (cid, { maxBytes }) => blocks.get(blockKey(cid))?.slice(0, maxBytes + 1),
    has: async (cid) => blocks.has(blockKey(cid)),
    remove: async (cid) => {
      blocks.delete(blockKey(cid));
    },
    addRoot: async (root) => {
      roots.add(root);
    },
    removeRoot: async (root) => {
      roots.delete(root);
    },
    roots: async () => [...roots],
  };
};
