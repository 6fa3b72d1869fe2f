import * as dagPb from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { encodeUnixfsFile } from "./unixfsFile.ts";

/** Bytes of every leaf but the last. Never changes: the content id depends on it. */
export const LEAF_BYTES = 256 * 1024;
/** Links of an inner node. Never changes: the content id depends on it. Leaf size and this are `ipfs add --cid-version 1`. */
export const LINKS_PER_NODE = 174;

const WRITES_AT_A_TIME = 4;

/** How a file is cut. Other shapes than this give other content ids; tests build small trees with them. */
type Shape = { readonly leafBytes: number; readonly linksPerNode: number };
const SHAPE: Shape = { leafBytes: LEAF_BYTES, linksPerNode: LINKS_PER_NODE };

/** `size`: bytes of the file below. `weight`: bytes of all blocks below, repeated ones as well (dag-pb's Tsize). */
type Part = { readonly cid: CID; readonly size: bigint; readonly weight: number };

/**
 * Cuts a stream into the blocks of a UnixFS file and writes them: raw leaves, balanced tree, byte for byte what ipfs-unixfs-importer and Kubo make
 * (tested against the former). Each parent is written after everything below it. Holds a leaf and the writes under way.
 */
export const buildFile = async (
  bytes: AsyncIterable<Uint8Array>,
  put: (cid: CID, block: Uint8Array) => Promise<void>,
  { leafBytes, linksPerNode } = SHAPE,
): Promise<CID> => {
  const writer = createWriter(put);
  const levels: Part[][] = [];
  try {
    for await (const leaf of leavesOf(bytes, leafBytes)) {
      await place(0, await write(raw.code, leaf, { size: BigInt(leaf.length), below: 0 }));
    }
    const { cid } = await close(0);
    await writer.drain();
    return cid;
  } finally {
    await writer.settle(); // after a failure others are still under way: nothing is left behind when this returns
  }

  async function write(
    codec: number,
    block: Uint8Array,
    { size, below }: { readonly size: bigint; readonly below: number },
  ): Promise<Part> {
    const cid = CID.createV1(codec, await sha256.digest(block));
    await writer.write(cid, block);
    return { cid, size, weight: block.length + below };
  }

  /** Appends to a level; a full level becomes a node of the level above. */
  async function place(level: number, part: Part): Promise<void> {
    levels[level] ??= [];
    const parts = levels[level];
    parts.push(part);
    if (parts.length < linksPerNode) return;
    levels[level] = [];
    await place(level + 1, await writeNode(parts));
  }

  async function writeNode(parts: readonly Part[]): Promise<Part> {
    const Links = parts.map(({ cid, weight }) => ({ Hash: cid, Name: "", Tsize: weight }));
    const node = dagPb.encode({ Data: encodeUnixfsFile(parts.map(({ size }) => size)), Links });
    const size = parts.reduce((sum, part) => sum + part.size, 0n);
    const below = parts.reduce((sum, part) => sum + part.weight, 0);
    await writer.drain();
    return write(dagPb.code, node, { size, below });
  }

  /** Closes the levels from here up: what is left on one becomes a node of the next, and the last one alone at the top is the root. */
  async function close(level: number): Promise<Part> {
    const parts = levels[level] ?? [];
    const isTop = level >= levels.length - 1;
    const [only] = parts;
    if (isTop && parts.length === 1 && only !== undefined) return only;
    if (parts.length > 0) await place(level + 1, await writeNode(parts));
    return close(level + 1);
  }
};

/** Pieces of leafBytes, the last one shorter; a file without bytes has one empty leaf. Sources may use their buffers again. */
async function* leavesOf(bytes: AsyncIterable<Uint8Array>, leafBytes: number): AsyncGenerator<Uint8Array> {
  let leaf = new Uint8Array(leafBytes);
  let filled = 0;
  let isAny = false;
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + leafBytes - filled);
      leaf.set(taken, filled);
      at += taken.length;
      filled += taken.length;
      if (filled < leafBytes) continue;
      yield leaf;
      isAny = true;
      leaf = new Uint8Array(leafBytes);
      filled = 0;
    }
  }
  if (filled > 0 || !isAny) yield leaf.slice(0, filled);
}

/** Writes a few blocks at a time. The first failure is thrown by every later call. */
const createWriter = (put: (cid: CID, block: Uint8Array) => Promise<void>) => {
  const pending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const check = (): void => {
    if (failure !== undefined) throw failure.error;
  };
  const settle = async (): Promise<void> => {
    await Promise.all(pending);
  };
  return {
    write: async (cid: CID, block: Uint8Array): Promise<void> => {
      while (pending.size >= WRITES_AT_A_TIME) await Promise.race(pending);
      check();
      const writing = put(cid, block)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => pending.delete(writing));
      pending.add(writing);
    },
    /** Resolves when all that was written is durable. */
    drain: async (): Promise<void> => {
      await settle();
      check();
    },
    settle,
  };
};
