import { KeyquorumError } from "@keyquorum/wire";
import type { CID } from "multiformats/cid";
import type { BlobOptions, BlobReader, GetOptions } from "./blobStore.ts";
import type { BlockSource } from "./blockStorage.ts";
import { parseCid } from "./cid.ts";
import { toIpldCid } from "./ipldCid.ts";
import { checkRange } from "./range.ts";
import { walkFile } from "./walk.ts";

const DEFAULT_MAX_BYTES = 2 ** 40;
const MAX_LISTED_BYTES = 2n ** 62n;

export type ReaderOptions = {
  /** Refuse larger blobs where a call says nothing else. Default 1 TiB. */
  readonly maxBytes?: number | undefined;
  /** Blocks that are read before they are wanted, each held in memory: for sources that are far away. Default 0. */
  readonly readAhead?: number | undefined;
};

/** Reads blobs from any source of blocks; every block verified. Opens no connection. */
export const createBlobReader = (
  blocks: BlockSource,
  { maxBytes: limit = DEFAULT_MAX_BYTES, readAhead = 0 }: ReaderOptions = {},
): BlobReader => {
  async function* get(cid: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    const { signal, onProgress, maxBytes = limit, offset, length, lends } = options;
    const root = toIpldCid(parseCid(cid));
    checkRange({ offset, length });
    let total = 0;
    for await (const { data } of walkFile(blocks, root, { maxBytes: BigInt(maxBytes), signal, offset, length, readAhead, lends })) {
      if (data.length === 0) continue;
      total += data.length;
      onProgress?.(total);
      yield data;
    }
  }

  const size = async (cid: string, { signal }: BlobOptions = {}): Promise<number> => {
    const root = toIpldCid(parseCid(cid));
    for await (const visited of walkFile(blocks, root, { maxBytes: BigInt(Number.MAX_SAFE_INTEGER), signal })) return Number(visited.size);
    return 0;
  };

  const has = async (cid: string, { signal }: BlobOptions = {}): Promise<boolean> => {
    const { found, failure } = await linkedBlocks(blocks, toIpldCid(parseCid(cid)), { signal });
    if (failure !== undefined) {
      if (failure.code === "BLOB_NOT_FOUND") return false;
      throw failure;
    }
    for (const block of found) {
      if (!(await blocks.has(block, { signal }))) return false;
    }
    return true;
  };

  return { get, size, has, blocks };
};

/** The blocks of a blob, parents first, as far as its inner nodes can be read. Leaves are not looked at. */
export const linkedBlocks = async (
  blocks: BlockSource,
  root: CID,
  { signal }: BlobOptions = {},
): Promise<{ readonly found: readonly CID[]; readonly failure?: KeyquorumError }> => {
  const found: CID[] = [];
  try {
    for await (const { cid } of walkFile(blocks, root, { maxBytes: MAX_LISTED_BYTES, skipLeaves: true, signal })) found.push(cid);
    return { found };
  } catch (failure) {
    if (!(failure instanceof KeyquorumError) || (failure.code !== "BLOB_NOT_FOUND" && failure.code !== "BLOB_CORRUPT")) throw failure;
    return { found, failure };
  }
};
