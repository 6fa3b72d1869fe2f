import type { CID } from "multiformats/cid";
import type { Cid } from "./cid.ts";
import { blockKey } from "./ipldCid.ts";

export type BlockOptions = { readonly signal?: AbortSignal | undefined };

export type GetBlockOptions = BlockOptions & {
  readonly maxBytes: number;
  /**
   * Gives memory of so many bytes, of a reader that neither keeps nor changes the block. A source may read the block into it, or then give the block
   * without a copy of its own.
   */
  readonly memory?: ((bytes: number) => Uint8Array) | undefined;
};

/** Where blocks come from. It may lose, cut or change them: whoever reads verifies (`readBlock`). Errors are those of `BlobReader`. */
export type BlockSource = {
  /** The block as it lies there, unverified; undefined when it is not there. Larger ones than `maxBytes` are refused, or cut off behind it. */
  readonly get: (cid: CID, options: GetBlockOptions) => Promise<Uint8Array | undefined>;
  readonly has: (cid: CID, options?: BlockOptions) => Promise<boolean>;
};

/**
 * Where blocks are kept. `roots` are the blobs that were added whole: what `remove` must not break. Errors are those of `BlobStore`.
 */
export type BlockStorage = BlockSource & {
  /** Resolves when the block is durable. Replaces what is there: a damaged block is healed by adding it again. Keeps the bytes, or is `copying`. */
  readonly put: (cid: CID, bytes: Uint8Array, options?: BlockOptions) => Promise<void>;
  /** Absent where the storage frees by itself what no root needs (Kubo). */
  readonly remove?: (cid: CID) => Promise<void>;
  readonly addRoot: (root: Cid, options?: BlockOptions) => Promise<void>;
  readonly removeRoot: (root: Cid) => Promise<void>;
  readonly roots: () => Promise<readonly Cid[]>;
};

type Put = BlockStorage["put"];
const copyingPuts = new WeakSet<Put>();

/** Says of a `put` that it is done with a block's memory when it resolves: that memory is then used for the next block. What wraps it does not inherit. */
export const copying = (put: Put): Put => {
  copyingPuts.add(put);
  return put;
};

export const isCopying = (put: Put): boolean => copyingPuts.has(put);

/** Blocks in memory: for tests and for browsers. */
export const createMemoryBlocks = (): Required<BlockStorage> & { readonly blocks: Map<string, Uint8Array> } => {
  const blocks = new Map<string, Uint8Array>();
  const roots = new Set<Cid>();
  return {
    blocks,
    put: copying(async (cid, bytes) => {
      blocks.set(blockKey(cid), new Uint8Array(bytes));
    }),
    get: async (cid, { maxBytes, memory }) => {
      const block = blocks.get(blockKey(cid))?.subarray(0, maxBytes + 1);
      return block === undefined || memory !== undefined ? block : new Uint8Array(block);
    },
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
