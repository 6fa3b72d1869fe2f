import type { CID } from "multiformats/cid";
import { blockKey, type Cid } from "./cid.ts";

/**
 * Where blocks lie. It may lose, cut or change them: whoever reads verifies. Errors are `BLOB_STORE_FULL` and `BLOB_STORE_FAILED`.
 * `roots` are the blobs that were added whole: what `remove` must not break.
 */
export type BlockStorage = {
  /** Resolves when the block is durable. Replaces what is there: a damaged block is healed by adding it again. */
  readonly put: (cid: CID, bytes: Uint8Array) => Promise<void>;
  /** The block as it lies there, unverified; undefined when it is not there. Larger ones than `maxBytes` are cut off behind it. */
  readonly get: (cid: CID, maxBytes: number) => Promise<Uint8Array | undefined>;
  readonly has: (cid: CID) => Promise<boolean>;
  readonly remove: (cid: CID) => Promise<void>;
  readonly addRoot: (root: Cid) => Promise<void>;
  readonly removeRoot: (root: Cid) => Promise<void>;
  readonly roots: () => Promise<readonly Cid[]>;
};

/** Blocks in memory: for tests and for browsers. */
export const createMemoryBlocks = (): BlockStorage & { readonly blocks: Map<string, Uint8Array> } => {
  const blocks = new Map<string, Uint8Array>();
  const roots = new Set<Cid>();
  return {
    blocks,
    put: async (cid, bytes) => {
      blocks.set(blockKey(cid), Uint8Array.from(bytes));
    },
    get: async (cid, maxBytes) => blocks.get(blockKey(cid))?.slice(0, maxBytes + 1),
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
