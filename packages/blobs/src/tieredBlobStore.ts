import { KeyquorumError } from "@keyquorum/wire";
import type { BlobOptions, BlobReader, BlobStore } from "./blobStore.ts";
import type { BlockStorage } from "./blockStorage.ts";
import type { Cid } from "./cid.ts";
import { createBlobReader } from "./createBlobReader.ts";
import { shareHolders } from "./heldBlocks.ts";
import { isBlock } from "./ipldCid.ts";
import { transferBlob } from "./transferBlob.ts";

/**
 * One store out of a near one and far ones. Reads ask the near one, then the far ones in order; good blocks of these are kept near, which also heals a
 * near block that is damaged. `add` stores near, then copies to every far one that can be written to. `remove` removes everywhere.
 *
 * When a copy fails, `add` throws that store's error with the `cid` in its details: the blob is near, and `transferBlob` continues where it stopped.
 */
export const createTieredBlobStore = (near: BlobStore, far: readonly (BlobReader | BlobStore)[]): BlobStore => {
  const copies = far.filter((store): store is BlobStore => "add" in store);
  const blocks = createTieredBlocks(near.blocks, far);
  const { get, size, has } = createBlobReader(blocks, { readAhead: 4 });

  const add = async (bytes: AsyncIterable<Uint8Array>, options: BlobOptions = {}): Promise<Cid> => {
    const cid = await near.add(bytes, options);
    for (const to of copies) {
      await transferBlob({ cid, from: near, to, signal: options.signal }).catch((error: unknown) => {
        throw error instanceof KeyquorumError
          ? new KeyquorumError(error.code, error.message, { details: { ...error.details, cid }, cause: error })
          : error;
      });
    }
    return cid;
  };

  const remove = async (cid: string): Promise<void> => {
    for (const store of [near, ...copies]) await store.remove(cid);
  };

  return { get, size, has, add, remove, blocks };
};

const createTieredBlocks = (near: BlockStorage, far: readonly BlobReader[]): BlockStorage => {
  let order = far;
  /** What the first far store gives that has something; a store that failed is asked last from then on. Throws when none has, and one failed. */
  const askFar = async <T>(signal: AbortSignal | undefined, one: (store: BlobReader) => Promise<T | undefined>): Promise<T | undefined> => {
    let failure: { readonly error: unknown } | undefined;
    for (const store of order) {
      try {
        const found = await one(store);
        if (found !== undefined) return found;
      } catch (error) {
        signal?.throwIfAborted();
        order = [...order.filter((other) => other !== store), store];
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
    return undefined;
  };

  const blocks: BlockStorage = {
    ...near,
    get: async (cid, options) => {
      const held = await near.get(cid, options);
      if (held !== undefined && (await isBlock(cid, held))) return held;
      const found = await askFar(options.signal, async (store) => {
        const bytes = await store.blocks.get(cid, { ...options, memory: undefined }); // the near store may keep them
        return bytes !== undefined && (await isBlock(cid, bytes)) ? bytes : undefined;
      }).catch((error: unknown) => {
        if (held === undefined || options.signal?.aborted === true) throw error;
        return held; // damaged: whoever reads it says so
      });
      if (found === undefined || found === held) return held;
      await near.put(cid, found); // without the signal: what was verified is kept, for the next try
      return found;
    },
    has: async (cid, options = {}) => {
      if (await near.has(cid, options)) return true;
      return (await askFar(options.signal, async (store) => ((await store.blocks.has(cid, options)) ? true : undefined))) ?? false;
    },
  };
  shareHolders(blocks, near);
  return blocks;
};
