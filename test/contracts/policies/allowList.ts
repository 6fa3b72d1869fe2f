import { AbiCoder, concat, keccak256 } from "ethers";

/** The leaf of a reader, as MerkleAllowList has it: hashed twice, bound to the document. */
export const leafOf = (document: string, reader: string): string =>
  keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "address"], [document, reader])));

/** An inner node: its children in ascending order. */
export const nodeOf = (a: string, b: string): string => keccak256(a.toLowerCase() < b.toLowerCase() ? concat([a, b]) : concat([b, a]));

/** A list's root, and the proof of each of its leaves. */
export const treeOf = (leaves: readonly string[]): { readonly root: string; readonly proofs: readonly (readonly string[])[] } => {
  const proofs: string[][] = leaves.map(() => []);
  let layer = leaves.map((hash, i) => ({ hash, below: [i] }));
  while (layer.length > 1) {
    const next: typeof layer = [];
    for (let i = 0; i < layer.length; i += 2) {
      const [left, right] = [layer[i], layer[i + 1]] as [(typeof layer)[number], (typeof layer)[number] | undefined];
      if (right === undefined) next.push(left);
      else {
        for (const leaf of left.below) proofs[leaf]?.push(right.hash);
        for (const leaf of right.below) proofs[leaf]?.push(left.hash);
        next.push({ hash: nodeOf(left.hash, right.hash), below: [...left.below, ...right.below] });
      }
    }
    layer = next;
  }
  const root = layer[0]?.hash;
  if (root === undefined) throw new Error("a list has at least one reader");
  return { root, proofs };
};
