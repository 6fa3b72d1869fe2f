import * as dagPb from "@ipld/dag-pb";
import { KeyquorumError } from "@keyquorum/wire";
import type { CID } from "multiformats/cid";
import { createBlockMemory } from "./blockMemory.ts";
import type { BlockSource, GetBlockOptions } from "./blockStorage.ts";
import { checkBlockCid, isBlock, textOf } from "./ipldCid.ts";
import { cutTo, type Range, rangeWithin, type WantedRange } from "./range.ts";
import { decodeUnixfsFile } from "./unixfsFile.ts";
import { orAborted } from "./untilAborted.ts";

/** No block that a store reads or follows is larger. IPFS moves no larger ones either. */
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024;
/** Levels of a file's tree. With 174 links a node, 4 levels hold more than 1 TB. */
export const MAX_DEPTH = 8;

/**
 * A place in a file's tree: `start` is where in the file it begins, `size` how many bytes of the file its parent says lie below it; undefined for
 * the root.
 */
export type Place = { readonly cid: CID; readonly depth: number; readonly start: bigint; readonly size: bigint | undefined };

/** What lies at a place, checked: bytes of the file, then children in order. `size` is that of all of it. */
export type Visited = { readonly cid: CID; readonly data: Uint8Array; readonly children: readonly Place[]; readonly size: bigint };

export const rootPlace = (cid: CID): Place => ({ cid, depth: 0, start: 0n, size: undefined });

type ReadOptions = Omit<GetBlockOptions, "maxBytes">;

type WalkOptions = WantedRange & {
  readonly maxBytes: bigint;
  readonly skipLeaves?: boolean;
  /** Blocks that are read before they are wanted, in the order in which they will be. Default 0. */
  readonly readAhead?: number;
  /** `data` is good until the next node is asked for: a leaf's memory is then used again. */
  readonly lends?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Walks a UnixFS file depth first, in the order of its bytes, holding one block and the links still to follow. Every block is verified against its
 * link before it is looked at, and must lead to exactly the bytes that its parent declares, so a hostile tree can neither grow nor loop unseen.
 *
 * `skipLeaves` visits inner nodes only: raw leaves are yielded without being read (`data` empty), and a subtree that occurs again is passed over, for
 * a few blocks can lead to themselves more often than anybody can count. A range (`offset`, `length`) visits only the
 * blocks that lead to it, and `data` is cut to it.
 * Throws `BLOB_NOT_FOUND`, `BLOB_CORRUPT`, `INVALID_RANGE`.
 */
export async function* walkFile(
  blocks: Pick<BlockSource, "get">,
  root: CID,
  { maxBytes, skipLeaves = false, readAhead = 0, lends = false, signal, offset, length }: WalkOptions,
): AsyncGenerator<Visited> {
  const memory = lends ? createBlockMemory() : undefined;
  const reader = createReader(blocks, { memory: memory?.take, signal });
  const stack: Place[] = [rootPlace(root)];
  const seen = new Set<string>();
  let range: Range | undefined;
  try {
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      signal?.throwIfAborted();
      if (skipLeaves) {
        const name = `${textOf(place.cid)} ${place.size}`; // with its size: a parent that lies about a block is caught
        if (seen.has(name)) continue;
        seen.add(name);
      }
      if (skipLeaves && place.cid.code !== dagPb.code) {
        yield { cid: place.cid, data: new Uint8Array(0), children: [], size: place.size ?? 0n };
        continue;
      }
      const block = await reader.read(place);
      const visited = visit(place, block, maxBytes);
      range ??= rangeWithin(visited.size, { offset, length });
      signal?.throwIfAborted();
      const { start, end } = range;
      stack.push(...visited.children.filter((child) => child.start < end && child.start + (child.size ?? 0n) > start).toReversed());
      if (readAhead > 0) for (const next of stack.slice(-readAhead).toReversed()) void reader.begin(next);
      yield { ...visited, data: cutTo(range, place.start, visited.data) };
      memory?.giveBack(block);
    }
  } finally {
    reader.stop();
  }
}

/** Reads places, some of them ahead of time. */
const createReader = (blocks: Pick<BlockSource, "get">, { memory, signal }: ReadOptions) => {
  const own = new AbortController();
  const either = signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]);
  const begun = new Map<Place, Promise<Uint8Array>>();
  const begin = (place: Place): Promise<Uint8Array> => {
    const isNode = place.cid.code === dagPb.code; // what it links to lies in its memory, and is looked at later
    const options = { memory: isNode ? undefined : memory, signal: either };
    const reading = begun.get(place) ?? orAborted(readBlock(blocks, place.cid, options), either);
    begun.set(place, reading);
    reading.catch(() => undefined); // it is thrown when its turn comes
    return reading;
  };
  return {
    begin,
    read: (place: Place): Promise<Uint8Array> => begin(place).finally(() => begun.delete(place)),
    stop: (): void => own.abort(),
  };
};

/** Checks that verified bytes are a node of a file that holds what its parent declares, and no more than the limit. Throws `BLOB_CORRUPT`. */
export const visit = (place: Place, bytes: Uint8Array, maxBytes: bigint): Visited => {
  const visited = parseNode(place, bytes);
  if (place.size !== undefined && visited.size !== place.size) {
    throw corrupt(place.cid, "it does not hold the bytes that its parent declares");
  }
  if (visited.size > maxBytes) throw corrupt(place.cid, `it declares ${visited.size} bytes, more than the limit of ${maxBytes}`);
  return visited;
};

/** Reads a block and hashes it: bytes that do not match their id never leave. Throws `BLOB_NOT_FOUND`, `BLOB_CORRUPT`. */
export const readBlock = async (blocks: Pick<BlockSource, "get">, cid: CID, options: ReadOptions = {}): Promise<Uint8Array> => {
  const bytes = await blocks.get(cid, { ...options, maxBytes: MAX_BLOCK_BYTES });
  if (bytes === undefined) {
    throw new KeyquorumError("BLOB_NOT_FOUND", `The block ${textOf(cid)} is not here.`, { details: { cid: textOf(cid) } });
  }
  if (bytes.length > MAX_BLOCK_BYTES) throw corrupt(cid, `it is larger than ${MAX_BLOCK_BYTES} bytes`);
  if (!(await isBlock(cid, bytes))) throw corrupt(cid, "its bytes do not match its hash");
  return bytes;
};

const parseNode = ({ cid, depth, start }: Place, bytes: Uint8Array): Visited => {
  if (cid.code !== dagPb.code) return { cid, data: bytes, children: [], size: BigInt(bytes.length) };
  const { links, data, sizes } = decodeFile(cid, bytes);
  if (links.length !== sizes.length) throw corrupt(cid, "its links and sizes differ in number");
  if (links.length > 0 && depth + 1 >= MAX_DEPTH) throw corrupt(cid, `its tree is deeper than ${MAX_DEPTH} levels`);
  let at = BigInt(data.length);
  const children = links.map((link, i): Place => {
    const size = sizes[i] ?? 0n;
    if (size <= 0n) throw corrupt(cid, "it links to a part without bytes");
    const child = { cid: link, depth: depth + 1, start: start + at, size };
    at += size;
    return child;
  });
  return { cid, data, children, size: at };
};

const decodeFile = (
  cid: CID,
  bytes: Uint8Array,
): { readonly links: readonly CID[]; readonly data: Uint8Array; readonly sizes: readonly bigint[] } => {
  try {
    const node = dagPb.decode(bytes);
    if (node.Data === undefined) throw corrupt(cid, "it is no UnixFS node");
    const { data, blockSizes } = decodeUnixfsFile(node.Data);
    const links = node.Links.map((link) => link.Hash);
    links.forEach(checkBlockCid);
    return { links, data, sizes: blockSizes };
  } catch (cause) {
    if (cause instanceof KeyquorumError && cause.code === "BLOB_CORRUPT") throw cause;
    throw corrupt(cid, `it is no UnixFS node of a file${cause instanceof Error ? ` (${cause.message})` : ""}`, cause);
  }
};

export const corrupt = (cid: CID, reason: string, cause?: unknown): KeyquorumError =>
  new KeyquorumError("BLOB_CORRUPT", `The block ${textOf(cid)} is refused: ${reason}.`, { details: { cid: textOf(cid), reason }, cause });
