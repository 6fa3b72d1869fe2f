import * as dagPb from "@ipld/dag-pb";
import { KeyquorumError } from "@keyquorum/wire";
import type { BlockSource, BlockStorage } from "./blockStorage.ts";
import { parseCid } from "./cid.ts";
import { createHolder } from "./heldBlocks.ts";
import { textOf, toIpldCid } from "./ipldCid.ts";
import { orAborted } from "./untilAborted.ts";
import { type Place, readBlock, rootPlace, visit } from "./walk.ts";

/** How far a transfer is. `bytes` are of the file and count what was there already; `copiedBlocks` went over. */
export type TransferProgress = {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly blocks: number;
  readonly copiedBlocks: number;
};

export type TransferOptions = {
  readonly cid: string;
  /** A BlobReader or a BlobStore. */
  readonly from: { readonly blocks: BlockSource };
  /** A BlobStore. */
  readonly to: { readonly blocks: BlockStorage };
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Leaves under way at a time, each held in memory. 1..64, default 4. */
  readonly concurrency?: number | undefined;
  /** Refuse larger blobs. Default 1 TiB. */
  readonly maxBytes?: number | undefined;
};

/**
 * Copies a blob block by block. Every block is verified before it is written, each parent after all below it and the root last, so the blob is not
 * visible in `to` until all of it is there. Leaves that `to` has are not read: the same call, made again, resumes an interrupted transfer. Each
 * subtree is copied once, however often it occurs.
 * Throws `INVALID_CID`, `BLOB_NOT_FOUND`, `BLOB_CORRUPT` (both of `from`), the signal's reason, and what the two stores throw.
 */
export const transferBlob = async (options: TransferOptions): Promise<TransferProgress> => {
  const { from, to, signal, onProgress, maxBytes = 2 ** 40 } = options;
  const concurrency = checkConcurrency(options.concurrency ?? 4);
  const root = parseCid(options.cid);
  const holder = createHolder(to.blocks);
  const copied = new Set<string>();
  let progress: TransferProgress = { bytes: 0, totalBytes: 0, blocks: 0, copiedBlocks: 0 };
  const tell = (change: Partial<TransferProgress>): void => {
    progress = { ...progress, ...change };
    onProgress?.(progress);
  };

  /** `isCopied` false: it was there. Nodes count the bytes that they hold themselves. */
  const countBlock = (bytes: number, isCopied: boolean): void =>
    tell({
      bytes: progress.bytes + bytes,
      blocks: progress.blocks + 1,
      copiedBlocks: progress.copiedBlocks + (isCopied ? 1 : 0),
    });

  const copy = async (place: Place): Promise<void> => {
    signal?.throwIfAborted();
    if (copied.has(nameOf(place))) return tell({ bytes: progress.bytes + Number(place.size ?? 0n) });
    await holder.hold(place.cid);
    const isThere = await orAborted(to.blocks.has(place.cid, { signal }), signal);
    if (isThere && isLeaf(place) && place.size !== undefined) return countBlock(Number(place.size), false);

    const block = await orAborted(readBlock(from.blocks, place.cid, { signal }), signal);
    const { data, children, size } = visit(place, block, BigInt(maxBytes));
    if (place.size === undefined) tell({ totalBytes: Number(size) });
    for (const node of children.filter((child) => !isLeaf(child))) await copy(node);
    await atATime(concurrency, children.filter(isLeaf), copy);
    signal?.throwIfAborted();
    if (!isThere) await orAborted(to.blocks.put(place.cid, block, { signal }), signal);
    if (!isLeaf(place)) copied.add(nameOf(place));
    countBlock(data.length, !isThere);
  };

  try {
    await copy(rootPlace(toIpldCid(root)));
    await orAborted(to.blocks.addRoot(root, { signal }), signal);
    return progress;
  } finally {
    holder.release();
  }
};

const isLeaf = ({ cid }: Place): boolean => cid.code !== dagPb.code;

/** With its size: a parent that lies about a block that another described truly is caught. */
const nameOf = ({ cid, size }: Place): string => `${textOf(cid)} ${size}`;

/** Works on all, a few at a time. After a failure nothing new begins, and what is under way ends before it throws. */
const atATime = async <T>(limit: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const rest = items.values();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      if (hasFailed) return;
      await work(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
};

const checkConcurrency = (value: number): number => {
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new KeyquorumError("INVALID_VALUE", "The concurrency is not a whole number from 1 to 64.", {
    details: { concurrency: String(value) },
  });
};
