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
 * When a copy fails, `add` throws that store's error with the `cid` in its details: the blob is near, and `transferBlob` goes on where it stopped.
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
  const blocks: BlockStorage = {
    ...near,
    get: async (cid, options) => {
      const held = await near.get(cid, options);
      if (held !== undefined && (await isBlock(cid, held))) return held;
      let failure: { readonly error: unknown } | undefined;
      for (const store of far) {
        try {
          const found = await store.blocks.get(cid, options);
          if (found === undefined || !(await isBlock(cid, found))) continue;
          await near.put(cid, found, options);
          return found;
        } catch (error) {
          options.signal?.throwIfAborted();
          failure ??= { error };
        }
      }
      if (held === undefined && failure !== undefined) throw failure.error;
      return held; // damaged: whoever reads it says so
    },
    has: async (cid, options) => {
      if (await near.has(cid, options)) return true;
      for (const store of far) if (await store.blocks.has(cid, options)) return true;
      return false;
    },
  };
  shareHolders(blocks, near);
  return blocks;
};
