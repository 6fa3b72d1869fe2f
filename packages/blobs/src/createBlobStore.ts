import { importByteStream } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import type { CID } from "multiformats/cid";
import type { BlobOptions, BlobStore } from "./blobStore.ts";
import type { BlockStorage } from "./blockStorage.ts";
import { blockKey, type Cid, parseCid, textOf, toIpldCid } from "./cid.ts";
import { createBlobReader, linkedBlocks } from "./createBlobReader.ts";
import { untilAborted } from "./untilAborted.ts";

/** Bytes of every leaf but the last. Never changes: the content id depends on it. */
export const LEAF_BYTES = 256 * 1024;
/** Links of an inner node. Never changes: the content id depends on it. Leaf size and this are `ipfs add --cid-version 1`. */
export const LINKS_PER_NODE = 174;

/** Blobs over any place for blocks: UnixFS, CID version 1, raw leaves; every block verified when it is read. Opens no connection. */
export const createBlobStore = (blocks: BlockStorage): BlobStore => {
  /** Blocks of adds that are under way, by how many of them: `remove` leaves these alone. */
  const inFlight = new Map<string, number>();

  const add = async (bytes: AsyncIterable<Uint8Array>, { signal, onProgress }: BlobOptions = {}): Promise<Cid> => {
    const own: string[] = [];
    const writes = new Set<Promise<void>>();
    const put = async (cid: CID, block: Uint8Array): Promise<CID> => {
      signal?.throwIfAborted();
      own.push(blockKey(cid));
      inFlight.set(blockKey(cid), (inFlight.get(blockKey(cid)) ?? 0) + 1);
      const write = blocks.put(cid, block, { signal });
      writes.add(write);
      await write;
      writes.delete(write);
      return cid;
    };
    try {
      const { cid } = await importByteStream(
        counted(untilAborted(bytes, signal), onProgress),
        { put: async (cid, block) => put(cid, block as Uint8Array) }, // the importer gives whole blocks
        {
          cidVersion: 1,
          rawLeaves: true,
          reduceSingleLeafToSelf: true,
          chunker: fixedSize({ chunkSize: LEAF_BYTES }),
          layout: balanced({ maxChildrenPerNode: LINKS_PER_NODE }),
          blockWriteConcurrency: 4,
        },
      );
      signal?.throwIfAborted();
      const root = textOf(cid);
      await blocks.addRoot(root, { signal });
      return root;
    } finally {
      await Promise.allSettled(writes); // after a failure others are still under way: nothing is left behind when this returns
      for (const key of own) {
        const left = (inFlight.get(key) ?? 1) - 1;
        if (left === 0) inFlight.delete(key);
        else inFlight.set(key, left);
      }
    }
  };

  const { get, size, has } = createBlobReader(blocks);

  const remove = async (cid: string): Promise<void> => {
    const root = parseCid(cid);
    const unwanted = [toIpldCid(root), ...(await linkedBlocks(blocks, toIpldCid(root))).found];
    await blocks.removeRoot(root);
    const wanted = new Set<string>();
    for (const other of await blocks.roots()) {
      for (const block of (await linkedBlocks(blocks, toIpldCid(other))).found) wanted.add(blockKey(block));
    }
    // The root goes first: a blob that is half removed is not found, rather than found in part.
    for (const block of unwanted) {
      if (!wanted.has(blockKey(block)) && !inFlight.has(blockKey(block))) await blocks.remove(block);
    }
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
