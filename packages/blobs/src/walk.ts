import * as dagPb from "@ipld/dag-pb";
import { KeyquorumError } from "@keyquorum/wire";
import { UnixFS } from "ipfs-unixfs";
import type { CID } from "multiformats/cid";
import type { BlockStorage } from "./blockStorage.ts";
import { checkBlockCid, isBlock, textOf } from "./cid.ts";

/** No block that a store reads or follows is larger. IPFS moves no larger ones either. */
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024;
/** Levels of a file's tree. With 174 links a node, 4 levels hold more than 1 TB. */
export const MAX_DEPTH = 8;

/** A place in a file's tree. `size` is how many bytes of the file its parent says lie below it; undefined for the root. */
type Place = { readonly cid: CID; readonly depth: number; readonly size: bigint | undefined };

/** What lies at a place, checked: bytes of the file, then children in order. */
export type Visited = { readonly cid: CID; readonly data: Uint8Array; readonly children: readonly Place[] };

/**
 * Walks a UnixFS file depth first, in the order of its bytes, holding one block and the links still to follow. Every block is verified against its
 * link before it is looked at, and must lead to exactly the bytes that its parent declares, so a hostile tree can neither grow nor loop unseen.
 *
 * `skipLeaves` visits inner nodes only: raw leaves are yielded without being read (`data` empty).
 * Throws `BLOB_NOT_FOUND`, `BLOB_CORRUPT`.
 */
export async function* walkFile(
  blocks: Pick<BlockStorage, "get">,
  root: CID,
  {
    maxBytes,
    skipLeaves = false,
    signal,
  }: { readonly maxBytes: bigint; readonly skipLeaves?: boolean; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Visited> {
  const stack: Place[] = [{ cid: root, depth: 0, size: undefined }];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    signal?.throwIfAborted();
    if (skipLeaves && place.cid.code !== dagPb.code) {
      yield { cid: place.cid, data: new Uint8Array(0), children: [] };
      continue;
    }
    const visited = parseNode(place, await readBlock(blocks, place.cid));
    const size = sizeOf(visited);
    if (place.size !== undefined && size !== place.size) throw corrupt(place.cid, "it does not hold the bytes that its parent declares");
    if (size > maxBytes) throw corrupt(place.cid, `it declares ${size} bytes, more than the limit of ${maxBytes}`);
    signal?.throwIfAborted();
    yield visited;
    stack.push(...visited.children.toReversed());
  }
}

/** Reads a block and hashes it: bytes that do not match their id never leave. Throws `BLOB_NOT_FOUND`, `BLOB_CORRUPT`. */
export const readBlock = async (blocks: Pick<BlockStorage, "get">, cid: CID): Promise<Uint8Array> => {
  const bytes = await blocks.get(cid, MAX_BLOCK_BYTES);
  if (bytes === undefined) {
    throw new KeyquorumError("BLOB_NOT_FOUND", `The block ${textOf(cid)} is not here.`, { details: { cid: textOf(cid) } });
  }
  if (bytes.length > MAX_BLOCK_BYTES) throw corrupt(cid, `it is larger than ${MAX_BLOCK_BYTES} bytes`);
  if (!(await isBlock(cid, bytes))) throw corrupt(cid, "its bytes do not match its hash");
  return bytes;
};

const parseNode = ({ cid, depth }: Place, bytes: Uint8Array): Visited => {
  if (cid.code !== dagPb.code) return { cid, data: bytes, children: [] };
  const { links, data, sizes } = decodeFile(cid, bytes);
  if (links.length !== sizes.length) throw corrupt(cid, "its links and sizes differ in number");
  if (links.length > 0 && depth + 1 >= MAX_DEPTH) throw corrupt(cid, `its tree is deeper than ${MAX_DEPTH} levels`);
  const children = links.map((link, i): Place => {
    const size = sizes[i] ?? 0n;
    if (size <= 0n) throw corrupt(cid, "it links to a part without bytes");
    return { cid: link, depth: depth + 1, size };
  });
  return { cid, data, children };
};

const decodeFile = (
  cid: CID,
  bytes: Uint8Array,
): { readonly links: readonly CID[]; readonly data: Uint8Array; readonly sizes: readonly bigint[] } => {
  try {
    const node = dagPb.decode(bytes);
    if (node.Data === undefined) throw corrupt(cid, "it is no UnixFS node");
    const file = UnixFS.unmarshal(node.Data);
    if (file.type !== "file" && file.type !== "raw") throw corrupt(cid, `it is a ${file.type}, not a file`);
    const links = node.Links.map((link) => link.Hash);
    links.forEach(checkBlockCid);
    return { links, data: file.data ?? new Uint8Array(0), sizes: file.blockSizes };
  } catch (cause) {
    if (cause instanceof KeyquorumError && cause.code === "BLOB_CORRUPT") throw cause;
    throw corrupt(cid, "it is no UnixFS node of a file", cause);
  }
};

const sizeOf = ({ data, children }: Visited): bigint => children.reduce((sum, child) => sum + (child.size ?? 0n), BigInt(data.length));

const corrupt = (cid: CID, reason: string, cause?: unknown): KeyquorumError =>
  new KeyquorumError("BLOB_CORRUPT", `The block ${textOf(cid)} is refused: ${reason}.`, { details: { cid: textOf(cid), reason }, cause });
