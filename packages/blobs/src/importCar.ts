import * as dagPb from "@ipld/dag-pb";
import { KeyquorumError } from "@keyquorum/wire";
import type { CID } from "multiformats/cid";
import type { BlockSource, BlockStorage } from "./blockStorage.ts";
import { decodeCarBlock, decodeCarHeader, invalidCar, partsOf } from "./carFormat.ts";
import { type Cid, parseCid } from "./cid.ts";
import { createHolder } from "./heldBlocks.ts";
import { blockKey, textOf } from "./ipldCid.ts";
import { transferBlob } from "./transferBlob.ts";
import { orAborted, untilAborted } from "./untilAborted.ts";
import { corrupt, MAX_BLOCK_BYTES, readBlock, rootPlace, visit } from "./walk.ts";

export type ImportOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Told the number of the stream's bytes so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** The content ids that the file must have as its roots, in any order. Default: whatever it names. */
  readonly roots?: readonly string[] | undefined;
  /** Refuse longer streams. Default 1 TiB. */
  readonly maxBytes?: number | undefined;
  /** Refuse files with more blocks. Default 5 000 000. */
  readonly maxBlocks?: number | undefined;
};

export type ImportedCar = {
  readonly roots: readonly Cid[];
  /** Blocks of the roots that the file held; repeated ones count once. */
  readonly blocks: number;
  /** Blocks that no root leads to: these were not stored. */
  readonly foreignBlocks: number;
};

/** A part is a content id and a block. */
const MAX_PART_BYTES = MAX_BLOCK_BYTES + 128;
/** Inner nodes wait in memory until everything below them is stored: 64 MiB are those of more than 300 GB. */
const MAX_NODES_BYTES = 64 * 1024 * 1024;

/**
 * Adds the blobs of a CAR file of version 1 to a store, from a stream in which parents stand before what they link to, as exporters write them. Each
 * block is hashed before it is stored, only blocks that a root leads to are, and roots are written last: a bad file leaves no blob behind.
 * Throws `INVALID_CAR` (form, limits, other roots), `INVALID_CID`, `BLOB_CORRUPT` (a block or the tree is wrong), `BLOB_NOT_FOUND` (a block of a root
 * is neither in the file nor in the store), what the stream throws, and what the store throws.
 */
export const importCar = async (
  to: { readonly blocks: BlockStorage },
  stream: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): Promise<ImportedCar> => {
  const { signal, maxBytes = 2 ** 40, maxBlocks = 5_000_000, onProgress } = options;
  const holder = createHolder(to.blocks);
  const nodes = new Map<string, Uint8Array>();
  /** What a root leads to, with the size that its parent declares. */
  const expected = new Map<string, bigint | undefined>();
  const taken = new Set<string>();
  let roots: readonly Cid[] = [];
  let nodesBytes = 0;
  let foreignBlocks = 0;

  const takeNode = (cid: CID, bytes: Uint8Array): void => {
    nodesBytes += bytes.length;
    if (nodesBytes > MAX_NODES_BYTES) throw invalidCar(`its inner nodes have more than ${MAX_NODES_BYTES} bytes`);
    nodes.set(blockKey(cid), Uint8Array.from(bytes));
    const { children } = visit(rootPlace(cid), bytes, BigInt(maxBytes));
    for (const child of children) {
      const name = textOf(child.cid);
      if ((expected.get(name) ?? child.size) !== child.size) throw corrupt(child.cid, "its parents declare different sizes");
      expected.set(name, child.size);
    }
  };

  const take = async (part: Uint8Array): Promise<void> => {
    const { cid, bytes } = decodeCarBlock(part);
    const name = textOf(cid); // with its codec: foreign ones are never expected
    if (!expected.has(name)) {
      foreignBlocks++;
      return;
    }
    await readBlock({ get: async () => bytes }, cid);
    if (taken.has(name)) return;
    taken.add(name);
    visit({ ...rootPlace(cid), size: expected.get(name) }, bytes, BigInt(maxBytes));
    if (cid.code === dagPb.code) return takeNode(cid, bytes);
    await holder.hold(cid);
    await orAborted(to.blocks.put(cid, bytes, { signal }), signal);
  };

  try {
    let count = 0;
    for await (const part of partsOf(limited(untilAborted(stream, signal), maxBytes, onProgress), MAX_PART_BYTES)) {
      if (count === 0) {
        roots = decodeCarHeader(part);
        checkRoots(roots, options.roots);
        for (const root of roots) expected.set(root, undefined);
      } else await take(part);
      if (count++ > maxBlocks) throw invalidCar(`it has more than ${maxBlocks} blocks`);
    }
    if (roots.length === 0) throw invalidCar("it is empty");
    const from = { blocks: withNodes(nodes, to.blocks) };
    for (const cid of roots) await transferBlob({ cid, from, to, signal });
    return { roots, blocks: taken.size, foreignBlocks };
  } finally {
    holder.release();
  }
};

/** The nodes of the file, and for everything else the store. */
const withNodes = (nodes: ReadonlyMap<string, Uint8Array>, store: BlockSource): BlockSource => ({
  get: async (cid, options) => nodes.get(blockKey(cid)) ?? store.get(cid, options),
  has: async (cid, options) => nodes.has(blockKey(cid)) || store.has(cid, options),
});

const checkRoots = (roots: readonly Cid[], wanted: readonly string[] | undefined): void => {
  if (wanted === undefined) return;
  const names = new Set(wanted.map(parseCid));
  if (new Set(roots).size === names.size && roots.every((root) => names.has(root))) return;
  throw new KeyquorumError("INVALID_CAR", "The CAR file has other roots than were asked for.", { details: { roots: [...roots] } });
};

async function* limited(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onProgress?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of source) {
    total += piece.length;
    if (total > maxBytes) throw invalidCar(`it has more than ${maxBytes} bytes`);
    yield piece;
    onProgress?.(total);
  }
}
