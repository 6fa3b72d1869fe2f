import { expect } from "chai";
import { codeOf, name32 } from "../test/fixtures.ts";
import { base, keccak, tag } from "../test/naiveCurve.ts";
import { merklePath, merkleRoot, verifyingLeaf, verifyMerklePath } from "./merkle.ts";
import { G, INFINITY, type Point } from "./point.ts";

const leaves = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => name32(`leaf ${i}`));
const node = (a: Uint8Array, b: Uint8Array): Uint8Array => keccak(tag("node"), a, b);

describe("merkle", () => {
  it("a leaf is the hash of PROTOCOL 3.6", () => {
    const keyId = name32("key");
    expect(verifyingLeaf({ keyId, epoch: 3n, slot: 7, verifyingShare: G })).to.deep.equal(
      keccak(tag("verifying-share"), keyId, 3n, 7n, base),
    );
    expect(verifyingLeaf({ keyId, epoch: 3, slot: 7, verifyingShare: INFINITY })).to.deep.equal(
      keccak(tag("verifying-share"), keyId, 3n, 7n, 0n, 0n),
    );
  });

  it("a last odd node moves up unchanged", () => {
    const [a, b, c, d, e] = leaves(5) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    expect(merkleRoot([a])).to.deep.equal(a);
    expect(merkleRoot([a, b, c])).to.deep.equal(node(node(a, b), c));
    expect(merkleRoot([a, b, c, d, e])).to.deep.equal(node(node(node(a, b), node(c, d)), e));
    expect(merklePath([a, b, c, d, e], 4)).to.deep.equal([node(node(a, b), node(c, d))]);
    expect(merklePath([a, b, c], 0)).to.deep.equal([b, c]);
  });

  it("every path of every size leads to the root, and to no other place", () => {
    for (let count = 1; count <= 20; count++) {
      const all = leaves(count);
      const root = merkleRoot(all);
      all.forEach((leaf, index) => {
        const path = merklePath(all, index);
        const check = (change: object): boolean => verifyMerklePath({ leaf, index, count, path, root, ...change });
        expect(check({})).to.equal(true);
        expect(check({ leaf: name32("stranger") })).to.equal(false);
        expect(check({ root: name32("stranger") })).to.equal(false);
        expect(check({ path: [...path, name32("more")] })).to.equal(false);
        if (path.length > 0) {
          expect(check({ path: path.slice(1) })).to.equal(false);
          expect(check({ path: [name32("stranger"), ...path.slice(1)] })).to.equal(false);
          expect(check({ index: index === 0 ? 1 : index - 1 })).to.equal(false);
        }
      });
    }
  });

  it("attack 27: an inner node is no leaf, a leaf no inner node", () => {
    const all = leaves(4);
    const root = merkleRoot(all);
    const [a, b, c, d] = all as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    expect(verifyMerklePath({ leaf: node(a, b), index: 0, count: 4, path: [node(c, d)], root })).to.equal(false);
    expect(merkleRoot([node(a, b), node(c, d)])).to.deep.equal(root); // so the number of leaves must come from the chain, not from the prover
  });

  it("wrong types throw a code", () => {
    const all = leaves(3);
    expect(codeOf(() => merkleRoot([]))).to.equal("INVALID_MERKLE_INDEX");
    for (const index of [3, -1, -0, 0.5, Number.NaN, "1", null, 1n])
      expect(codeOf(() => merklePath(all, index as number))).to.equal("INVALID_MERKLE_INDEX");
    expect(codeOf(() => merkleRoot([new Uint8Array(31)]))).to.equal("INVALID_BYTES");
    const input = { leaf: name32("a"), index: 0, count: 2, path: [name32("b")], root: name32("c") };
    expect(codeOf(() => verifyMerklePath({ ...input, count: 0 }))).to.equal("INVALID_MERKLE_INDEX");
    expect(codeOf(() => verifyMerklePath({ ...input, root: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyMerklePath({ ...input, path: [new Uint8Array(33)] }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyMerklePath({ ...input, path: null as unknown as Uint8Array[] }))).to.equal("INVALID_INPUT");
    const leaf = { keyId: name32("key"), epoch: 1, slot: 1, verifyingShare: G };
    for (const slot of [0, 256, -0, "1"]) expect(codeOf(() => verifyingLeaf({ ...leaf, slot: slot as number }))).to.equal("INVALID_SLOT");
    expect(codeOf(() => verifyingLeaf({ ...leaf, keyId: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => verifyingLeaf({ ...leaf, epoch: -1 }))).to.equal("INVALID_INTEGER");
    expect(codeOf(() => verifyingLeaf({ ...leaf, verifyingShare: null as unknown as Point }))).to.equal("INVALID_POINT");
  });
});
