import * as dagPb from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256Of } from "./ipldCid.ts";
import { encodeUnixfsFile } from "./unixfsFile.ts";

/** Bytes of every leaf but the last. Never changes: the content id depends on it. */
export const LEAF_BYTES = 256 * 1024;
/** Links of an inner node. Never changes: the content id depends on it. Leaf size and this are `ipfs add --cid-version 1`. */
export const LINKS_PER_NODE = 174;

const WRITES_AT_A_TIME = 4;

/** How a file is cut. Other shapes than the default give other content ids; tests build small trees with them. */
type BuildOptions = { readonly leafBytes?: number; readonly linksPerNode?: number; readonly reusesLeaves?: boolean };

/** `size`: bytes of the file below. `weight`: bytes of all blocks below, repeated ones as well (dag-pb's Tsize). */
type Part = { readonly cid: CID; readonly size: bigint; readonly weight: number };

/**
 * Cuts a stream into the blocks of a UnixFS file and writes them: raw leaves, balanced tree, byte for byte what ipfs-unixfs-importer and Kubo make
 * (tested against the former). Each parent is written after everything below it. Holds a leaf and the few that are being hashed and written; with
 * `reusesLeaves`, a leaf whose `put` has resolved becomes the next one.
 */
export const buildFile = async (
  bytes: AsyncIterable<Uint8Array>,
  put: (cid: CID, block: Uint8Array) => Promise<void>,
  { leafBytes = LEAF_BYTES, linksPerNode = LINKS_PER_NODE, reusesLeaves = false }: BuildOptions = {},
): Promise<CID> => {
  const work = createPool(WRITES_AT_A_TIME);
  /** Parts of each level that have no parent yet. They may still be under way. */
  const levels: Promise<Part>[][] = [];
  const free: Uint8Array[] = [];
  try {
    for await (const leaf of leavesOf(bytes, () => free.pop() ?? new Uint8Array(leafBytes))) {
      await place(0, await write(raw.code, leaf, { size: BigInt(leaf.length), below: 0 }));
    }
    const { cid } = await close(0);
    return cid;
  } finally {
    await work.settle(); // after a failure others are still under way: nothing is left behind when this returns
  }

  /** Resolves when the block is under way. */
  function write(codec: number, block: Uint8Array, { size, below }: { readonly size: bigint; readonly below: number }) {
    return work.begin(async (): Promise<Part> => {
      const cid = CID.createV1(codec, await sha256Of(block));
      await put(cid, block);
      if (reusesLeaves && block.length === leafBytes && codec === raw.code) free.push(block);
      return { cid, size, weight: block.length + below };
    });
  }

  /** Appends to a level; a full level becomes a node of the level above. */
  async function place(level: number, { part }: { readonly part: Promise<Part> }): Promise<void> {
    levels[level] ??= [];
    const parts = levels[level];
    parts.push(part);
    if (parts.length < linksPerNode) return;
    levels[level] = [];
    await place(level + 1, await writeNode(parts));
  }

  async function writeNode(written: readonly Promise<Part>[]) {
    const parts = await Promise.all(written);
    const Links = parts.map(({ cid, weight }) => ({ Hash: cid, Name: "", Tsize: weight }));
    const node = dagPb.encode({ Data: encodeUnixfsFile(parts.map(({ size }) => size)), Links });
    const size = parts.reduce((sum, part) => sum + part.size, 0n);
    const below = parts.reduce((sum, part) => sum + part.weight, 0);
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

/** Pieces as long as `memory` gives, the last one shorter; a file without bytes has one empty leaf. Sources may use their buffers again. */
async function* leavesOf(bytes: AsyncIterable<Uint8Array>, memory: () => Uint8Array): AsyncGenerator<Uint8Array> {
  let leaf = memory();
  let filled = 0;
  let isAny = false;
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + leaf.length - filled);
      leaf.set(taken, filled);
      at += taken.length;
      filled += taken.length;
      if (filled < leaf.length) continue;
      yield leaf;
      isAny = true;
      leaf = memory();
      filled = 0;
    }
  }
  if (filled > 0 || !isAny) yield leaf.slice(0, filled);
}

/** Does a few things at a time. After a failure nothing new begins: `begin` throws it. */
const createPool = (limit: number) => {
  const pending = new Set<Promise<unknown>>();
  let failure: { readonly error: unknown } | undefined;
  return {
    /** Resolves when there is room and the work has begun. In an object, because a promise that resolves to a promise waits for it. */
    begin: async <T>(work: () => Promise<T>): Promise<{ readonly part: Promise<T> }> => {
      while (pending.size >= limit) await Promise.race(pending);
      if (failure !== undefined) throw failure.error;
      const part = work();
      const settled: Promise<unknown> = part.then(
        () => pending.delete(settled),
        (error: unknown) => {
          failure ??= { error };
          pending.delete(settled);
        },
      );
      pending.add(settled);
      return { part };
    },
    settle: async (): Promise<void> => {
      await Promise.all(pending);
    },
  };
};
