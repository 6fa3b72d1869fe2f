import { backend, merklePath, merkleRoot, verifyingLeaf, verifyMerklePath } from "@keyquorum/threshold";
import { expect } from "chai";
import { getBytes, hexlify } from "ethers";
import { network } from "hardhat";
import { solidityPoint } from "../../fixtures/points.ts";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { CASES, type Dice, expectAgreement, inBatches, rollDice } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

type PathCase = { root: string; leaf: string; index: number; count: number; path: string[] };

const node = (left: string, right: string): string => abiHash(["bytes32", "bytes32", "bytes32"], [domainTag("node"), left, right]);

const pathCase = (dice: Dice): PathCase => {
  const count = 1 + dice.below(20);
  const leaves = Array.from({ length: count }, () => dice.bytes32());
  const index = dice.below(count);
  const path = merklePath(leaves, index).map((sibling) => hexlify(sibling));
  return { root: hexlify(merkleRoot(leaves)), leaf: hexlify(leaves[index] as Uint8Array), index, count, path };
};

const changed = (dice: Dice, right: PathCase): PathCase =>
  dice.pick([
    right,
    { ...right, index: dice.below(right.count) },
    { ...right, index: right.count },
    { ...right, count: 1 + dice.below(20) },
    { ...right, root: hexlify(dice.bytes32()) },
    { ...right, leaf: hexlify(dice.bytes32()) },
    { ...right, path: right.path.slice(1) },
    { ...right, path: right.path.slice(0, -1) },
    { ...right, path: [...right.path, hexlify(dice.bytes32())] },
    { ...right, path: right.path.map(() => hexlify(dice.bytes32())) },
  ]);

const verifyByPackage = ({ root, leaf, index, count, path }: PathCase): boolean => {
  try {
    return verifyMerklePath({ leaf: getBytes(leaf), index, count, path: path.map((sibling) => getBytes(sibling)), root: getBytes(root) });
  } catch {
    return false; // the package throws for an index or count that cannot be
  }
};

describe("VerifyingTree", () => {
  it("agrees with the package on random paths, right and wrong", async () => {
    const dice = rollDice("paths");
    const one = pathCase(dice);
    const fixed = [one, { ...one, root: hexlify(dice.bytes32()) }]; // a right one and a wrong one in every run
    const cases = [...fixed, ...Array.from({ length: CASES }, () => changed(dice, pathCase(dice)))];
    const expected = cases.map(verifyByPackage);
    expectAgreement(cases, await inBatches(cases, (batch) => harness.path(batch)), expected);
    expect(new Set(expected)).to.deep.equal(new Set([true, false]));
  });

  // Up to four levels, and about the last turns of the count; `npm run test:long -- --only libraries` takes every size.
  const sizes = Array.from({ length: 64 }, (_, last) => last + 1).filter(
    (size) => CASES > 100 || size <= 17 || [31, 32, 33, 63, 64].includes(size),
  );

  it(`verifies every leaf of trees of 1 to 64: ${sizes.length} sizes`, async () => {
    const dice = rollDice("trees");
    const leaves = Array.from({ length: 64 }, () => dice.bytes32());
    const cases = sizes.flatMap((size) => {
      const tree = leaves.slice(0, size);
      const root = hexlify(merkleRoot(tree));
      return tree.map((leaf, index) => ({
        root,
        leaf: hexlify(leaf),
        index,
        count: tree.length,
        path: merklePath(tree, index).map((sibling) => hexlify(sibling)),
      }));
    });
    const results = await inBatches(cases, (batch) => harness.path(batch), 300);
    expect(results)
      .to.have.lengthOf(sizes.reduce((sum, size) => sum + size, 0))
      .and.to.satisfy((all: boolean[]) => all.every(Boolean));
  });

  it("moves a last odd node up unchanged", async () => {
    const [a, b, c] = [1, 2, 3].map((word) => hexlify(new Uint8Array(32).fill(word))) as [string, string, string];
    const root = node(node(a, b), c);
    expect(await harness.path([{ root, leaf: c, index: 2, count: 3, path: [node(a, b)] }])).to.deep.equal([true]);
    expect(await harness.path([{ root, leaf: a, index: 0, count: 3, path: [b, c] }])).to.deep.equal([true]);
  });

  it("takes no inner node for a leaf: the count fixes the path's length (attack 27)", async () => {
    const [a, b, c, d] = [1, 2, 3, 4].map((word) => hexlify(new Uint8Array(32).fill(word))) as [string, string, string, string];
    const root = node(node(a, b), node(c, d));
    expect(await harness.path([{ root, leaf: node(a, b), index: 0, count: 4, path: [node(c, d)] }])).to.deep.equal([false]);
    expect(await harness.path([{ root, leaf: root, index: 0, count: 4, path: [] }])).to.deep.equal([false]);
  });

  it("verifies nothing in an empty tree", async () => {
    const root = hexlify(new Uint8Array(32));
    expect(await harness.path([{ root, leaf: root, index: 0, count: 0, path: [] }])).to.deep.equal([false]);
  });

  it("makes the leaf that the package makes", async () => {
    const [keyId, epoch, slot, verifyingShare] = [new Uint8Array(32).fill(5), 7, 9, backend.mulG(11n)] as const;
    const leaf = await harness.leaf(hexlify(keyId), epoch, slot, solidityPoint(verifyingShare));
    expect(leaf).to.equal(hexlify(verifyingLeaf({ keyId, epoch, slot, verifyingShare })));
  });
});
