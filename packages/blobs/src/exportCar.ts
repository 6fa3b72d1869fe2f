import type { BlockSource } from "./blockStorage.ts";
import { encodeCarBlock, encodeCarHeader } from "./carFormat.ts";
import { parseCid } from "./cid.ts";
import { textOf, toIpldCid } from "./ipldCid.ts";
import { orAborted } from "./untilAborted.ts";
import { type Place, readBlock, rootPlace, visit } from "./walk.ts";

export type ExportOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Told the number of the file's bytes so far: repeated parts count once. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Refuse larger blobs. Default 1 TiB. */
  readonly maxBytes?: number | undefined;
};

/**
 * A blob as a CAR file of version 1, with the blob as its only root: every block once, verified, parents before what they link to and in the order of
 * the file's bytes. Complete only when it ends without an error. Holds one block and the names of those written.
 * Throws `INVALID_CID`, `BLOB_NOT_FOUND`, `BLOB_CORRUPT`, and what the store throws.
 */
export async function* exportCar(
  from: { readonly blocks: BlockSource },
  cid: string,
  { signal, onProgress, maxBytes = 2 ** 40 }: ExportOptions = {},
): AsyncGenerator<Uint8Array> {
  const root = parseCid(cid);
  const written = new Set<string>();
  const stack: Place[] = [rootPlace(toIpldCid(root))];
  let total = 0;
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    signal?.throwIfAborted();
    const name = textOf(place.cid); // with its codec: the same bytes as a leaf lead nowhere
    if (written.has(name)) continue;
    const block = await orAborted(readBlock(from.blocks, place.cid, { signal }), signal);
    const { data, children } = visit(place, block, BigInt(maxBytes));
    if (written.size === 0) yield encodeCarHeader([root]);
    written.add(name);
    yield encodeCarBlock(place.cid, block);
    total += data.length;
    onProgress?.(total);
    stack.push(...children.toReversed());
  }
}
