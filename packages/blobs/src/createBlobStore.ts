import { borrowed } from "@keyquorum/wire";
import type { CID } from "multiformats/cid";
import type { BlobOptions, BlobStore } from "./blobStore.ts";
import { type BlockStorage, isCopying } from "./blockStorage.ts";
import { buildFile } from "./buildFile.ts";
import { type Cid, parseCid } from "./cid.ts";
import { createBlobReader, linkedBlocks, type ReaderOptions } from "./createBlobReader.ts";
import { createHolder, whileRemoving } from "./heldBlocks.ts";
import { blockKey, textOf, toIpldCid } from "./ipldCid.ts";
import { untilAborted } from "./untilAborted.ts";

/** Blobs over any place for blocks: UnixFS, CID version 1, raw leaves; every block verified when it is read. Opens no connection. */
export const createBlobStore = (blocks: BlockStorage, options: ReaderOptions = {}): BlobStore => {
  const add = async (bytes: AsyncIterable<Uint8Array>, { signal, onProgress }: BlobOptions = {}): Promise<Cid> => {
    const holder = createHolder(blocks);
    try {
      const put = async (block: CID, blockBytes: Uint8Array): Promise<void> => {
        signal?.throwIfAborted();
        await holder.hold(block);
        await blocks.put(block, blockBytes, { signal });
      };
      const pieces = counted(untilAborted(borrowed(bytes), signal), onProgress);
      const cid = await buildFile(pieces, put, { reusesLeaves: isCopying(blocks.put) });
      signal?.throwIfAborted();
      const root = textOf(cid);
      await blocks.addRoot(root, { signal });
      return root;
    } finally {
      holder.release();
    }
  };

  const { get, size, has } = createBlobReader(blocks, options);

  const remove = async (cid: string): Promise<void> => {
    const root = parseCid(cid);
    if (blocks.remove === undefined) return blocks.removeRoot(root);
    const unwanted = [toIpldCid(root), ...(await linkedBlocks(blocks, toIpldCid(root))).found];
    await whileRemoving(blocks, async (removeBlock) => {
      await blocks.removeRoot(root);
      const wanted = new Set<string>();
      for (const other of await blocks.roots()) {
        for (const block of (await linkedBlocks(blocks, toIpldCid(other))).found) wanted.add(blockKey(block));
      }
      // The root goes first: a blob that is half removed is not found, rather than found in part.
      for (const block of unwanted) {
        if (!wanted.has(blockKey(block))) await removeBlock(block);
      }
    });
  };

  return { add, get, size, has, remove, blocks };
};

async function* counted(source: AsyncIterable<Uint8Array>, onProgress?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of source) {
    total += piece.length;
    yield piece;
    onProgress?.(total);
  }
}
