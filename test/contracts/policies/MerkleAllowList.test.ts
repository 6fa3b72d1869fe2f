import { expect } from "chai";
import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";
import { leafOf, nodeOf, treeOf } from "./allowList.ts";
import { deployPublished } from "./policyFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const someone = (i: number): string => ethers.getAddress(ethers.dataSlice(ethers.id(`reader ${i}`), 12));

/** Alice's list for her first document: bob and four others. */
const deployed = async () => {
  const base = await deployPublished(ethers);
  const list = await ethers.deployContract("MerkleAllowList", [base.registryAddress]);
  const readers = [base.bob.address, ...[1, 2, 3, 4].map(someone)];
  const leaves = readers.map((reader) => leafOf(base.document, reader));
  const { root, proofs } = treeOf(leaves);
  await list.connect(base.alice).setRoot(base.document, root);
  return { ...base, list, readers, leaves, root, proof: [...(proofs[0] ?? [])] };
};

describe("MerkleAllowList: setRoot", () => {
  it("when the caller is not the owner, or the document is not published, it reverts with NotDocumentOwner", async () => {
    const { list, alice, bob, mallory, document, unpublished, root } = await loadFixture(deployed);
    for (const [caller, id] of [
      [mallory, document],
      [bob, document],
      [alice, unpublished],
    ] as const)
      await expect(list.connect(caller).setRoot(id, root))
        .to.be.revertedWithCustomError(list, "NotDocumentOwner")
        .withArgs(id, caller.address);
  });

  it("when all is well, it keeps the root and emits AllowListSet", async () => {
    const { list, alice, document, root } = await loadFixture(deployed);
    expect(await list.rootOf(document)).to.equal(root);
    const next = ethers.id("next");
    await expect(list.connect(alice).setRoot(document, next)).to.emit(list, "AllowListSet").withArgs(document, next);
    expect(await list.rootOf(document)).to.equal(next);
  });
});

describe("MerkleAllowList: enroll", () => {
  it("when the reader is not on the list, it reverts with MerkleAllowListNotListed", async () => {
    const { list, alice, bob, mallory, document, otherDocument, leaves, root, proof } = await loadFixture(deployed);
    const others = treeOf([leafOf(otherDocument, mallory.address), leafOf(otherDocument, bob.address)]);
    await list.connect(alice).setRoot(otherDocument, others.root);
    for (const [name, id, reader, shown] of [
      ["another reader", document, mallory.address, proof],
      ["the zero address", document, ethers.ZeroAddress, proof],
      ["another document's list", document, mallory.address, [...(others.proofs[0] ?? [])]],
      ["her place on another document's list", otherDocument, mallory.address, proof],
      ["no list", ethers.id("unknown"), bob.address, proof],
      ["no proof", document, bob.address, []],
      ["a cut proof", document, bob.address, proof.slice(1)],
      ["a cut proof", document, bob.address, proof.slice(0, -1)],
      ["a grown proof", document, bob.address, [...proof, ethers.ZeroHash]],
      ["a changed proof", document, bob.address, proof.with(0, ethers.id("other"))],
      ["the root for a proof", document, bob.address, [root]],
      ["a leaf for a proof", document, mallory.address, [leaves[0] as string]],
    ] as const)
      await expect(list.connect(mallory).enroll(id, reader, [...shown]), name)
        .to.be.revertedWithCustomError(list, "MerkleAllowListNotListed")
        .withArgs(id, reader);
  });

  it("when a leaf were hashed once, it would be refused: an inner node of 64 bytes cannot pass for a reader", async () => {
    const { list, alice, mallory, document } = await loadFixture(deployed);
    const once = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["bytes32", "address"], [document, mallory.address]));
    const sibling = ethers.id("sibling");
    await list.connect(alice).setRoot(document, nodeOf(once, sibling));
    await expect(list.enroll(document, mallory, [sibling])).to.be.revertedWithCustomError(list, "MerkleAllowListNotListed");
  });

  it("when all is well, it enrolls every reader of lists of 1 to 9, and emits ReaderEnrolled", async () => {
    const { list, alice, document } = await loadFixture(deployed);
    for (let count = 1; count <= 9; count++) {
      const readers = Array.from({ length: count }, (_, i) => someone(i));
      const { root, proofs } = treeOf(readers.map((reader) => leafOf(document, reader)));
      await list.connect(alice).setRoot(document, root);
      for (const [i, reader] of readers.entries()) {
        await expect(list.enroll(document, reader, [...(proofs[i] ?? [])]))
          .to.emit(list, "ReaderEnrolled")
          .withArgs(document, root, reader);
        expect(await list.checkPermissions(reader, document)).to.equal(true);
      }
    }
  });

  it("when all is well, anyone may bring the proof, and it permits its reader only", async () => {
    const { list, bob, mallory, document, proof } = await loadFixture(deployed);
    await list.connect(mallory).enroll(document, bob, proof);
    expect([await list.checkPermissions(bob, document), await list.checkPermissions(mallory, document)]).to.deep.equal([true, false]);
  });

  it("the leaf is that of OpenZeppelin's StandardMerkleTree: keccak twice over (bytes32, address)", async () => {
    const { list, bob, document, leaves } = await loadFixture(deployed);
    expect(await list.leafOf(document, bob)).to.equal(leaves[0]);
  });
});

describe("MerkleAllowList: checkPermissions", () => {
  behavesLikePermissions(async () => {
    const { list, alice, bob, mallory, document, otherDocument, proof } = await loadFixture(deployed);
    await list.enroll(document, bob, proof);
    return {
      ethers,
      permissions: await list.getAddress(),
      document,
      reader: bob.address,
      stranger: mallory.address,
      unknownDocument: otherDocument,
      deny: () => list.connect(alice).setRoot(document, ethers.ZeroHash),
    };
  });

  it("when the reader is on the list and has not enrolled, it says no", async () => {
    const { list, bob, document, proof } = await loadFixture(deployed);
    expect(await list.checkPermissions(bob, document)).to.equal(false);
    await list.enroll(document, bob, proof);
    expect(await list.checkPermissions(bob, document)).to.equal(true);
  });

  it("when the root changes, it says no to who enrolled under the former, and yes again when the owner returns to it", async () => {
    const { list, alice, bob, document, root, proof } = await loadFixture(deployed);
    await list.enroll(document, bob, proof);
    const answers: boolean[] = [];
    for (const next of [ethers.id("next"), root, ethers.ZeroHash]) {
      await list.connect(alice).setRoot(document, next);
      answers.push(await list.checkPermissions(bob, document));
    }
    expect(answers).to.deep.equal([false, true, false]);
  });

  it("when another document has the same root, an enrolment for one does not count for the other", async () => {
    const { list, mallory, bob, document, malloryDocument, root, proof } = await loadFixture(deployed);
    await list.connect(mallory).setRoot(malloryDocument, root);
    await list.enroll(document, bob, proof);
    expect(await list.checkPermissions(bob, malloryDocument)).to.equal(false);
    await expect(list.enroll(malloryDocument, bob, proof)).to.be.revertedWithCustomError(list, "MerkleAllowListNotListed");
  });
});
