import { assertArray, assertBytes, sameBytes } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { ThresholdError } from "./errors.ts";
import type { Point } from "./point.ts";
import { assertSlot } from "./slot.ts";
import { keccakWords } from "./words.ts";

/** Whose verifying share a leaf holds. `keyId` is 32 bytes. All public. */
export type VerifyingLeaf = {
  readonly keyId: Uint8Array;
  readonly epoch: number | bigint;
  readonly slot: number;
  readonly verifyingShare: Point;
};

/** The 32-byte leaf of one verifying share. Throws INVALID_BYTES, INVALID_SLOT, INVALID_INTEGER, INVALID_POINT. PROTOCOL section 3.6, D20. */
export function verifyingLeaf({ keyId, epoch, slot, verifyingShare }: VerifyingLeaf): Uint8Array {
  assertBytes(keyId, 32, "key id");
  assertSlot(slot);
  return keccakWords(DOMAINS.verifyingShare, keyId, epoch, slot, verifyingShare);
}

const nodeOf = (left: Uint8Array, right: Uint8Array): Uint8Array => keccakWords(DOMAINS.node, left, right);

/** The level above: neighbours hashed in pairs; a last odd node moves up unchanged. */
function parentsOf(level: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = level.slice(i, i + 2) as [Uint8Array, Uint8Array?]; // i < length
    parents.push(right === undefined ? left : nodeOf(left, right));
  }
  return parents;
}

/** The root over leaves in ascending slot order. Throws INVALID_MERKLE_INDEX when there is none, INVALID_BYTES. PROTOCOL section 3.6. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  assertLeaves(leaves, 0);
  let level: readonly Uint8Array[] = leaves;
  while (level.length > 1) level = parentsOf(level);
  return level[0] as Uint8Array; // one is left
}

/** The siblings of leaf `index` (its position, not its slot) from the bottom up. Throws INVALID_MERKLE_INDEX, INVALID_BYTES. */
export function merklePath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  assertLeaves(leaves, index);
  const path: Uint8Array[] = [];
  let position = index;
  for (let level: readonly Uint8Array[] = leaves; level.length > 1; level = parentsOf(level)) {
    const sibling = level[position ^ 1];
    if (sibling !== undefined) path.push(sibling);
    position >>= 1;
  }
  return path;
}

/** True iff `path` leads from `leaf` at position `index` of `count` to `root`. False for a wrong path; throws INVALID_BYTES, INVALID_MERKLE_INDEX for wrong types. */
export function verifyMerklePath(input: {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly count: number;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}): boolean {
  const { leaf, index, count, path, root } = input;
  assertArray(path, "path");
  for (const [name, word] of Object.entries({ leaf, root })) assertBytes(word, 32, name);
  for (const word of path) assertBytes(word, 32, "path");
  assertIndex(index, count);
  let node = leaf;
  let used = 0;
  for (let position = index, width = count; width > 1; position >>= 1, width = (width + 1) >> 1) {
    if ((position ^ 1) >= width) continue; // a last odd node moves up unchanged
    const sibling = path[used++];
    if (sibling === undefined) return false;
    node = position & 1 ? nodeOf(sibling, node) : nodeOf(node, sibling);
  }
  return used === path.length && sameBytes(node, root);
}

function assertLeaves(leaves: readonly Uint8Array[], index: number): void {
  assertArray(leaves, "leaves");
  assertIndex(index, leaves.length);
  for (const leaf of leaves) assertBytes(leaf, 32, "leaf");
}

function assertIndex(index: number, count: number): void {
  const isCount = (v: unknown): boolean => typeof v === "number" && Number.isSafeInteger(v) && v >= 0 && !Object.is(v, -0);
  if (isCount(index) && isCount(count) && index < count && count <= 256) return;
  throw new ThresholdError("INVALID_MERKLE_INDEX", "The index must be an integer below the number of leaves, at most 256.", {
    details: { index: String(index), count: String(count) },
  });
}
