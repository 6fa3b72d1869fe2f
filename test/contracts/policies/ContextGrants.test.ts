import { expect } from "chai";
import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";
import { deployRequests, newReader } from "../ShareRequests/requestFixture.ts";
import { deployPublished } from "./policyFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const CONTEXT = ethers.id("module and runner");
const NONE = ethers.ZeroHash;
const deployed = async () => {
  const base = await deployPublished(ethers);
  const grants = await ethers.deployContract("ContextGrants", [base.registryAddress]);
  return { ...base, grants };
};
const withRequests = async () => {
  const base = await deployRequests(ethers);
  return { ...base, contexts: await ethers.deployContract("ContextGrants", [base.registryAddress]) };
};

describe("ContextGrants: grant and revoke", () => {
  it("when the caller is not the owner, or the document is not published, they revert with NotDocumentOwner", async () => {
    const { grants, alice, bob, mallory, document, unpublished } = await loadFixture(deployed);
    for (const [caller, id] of [
      [mallory, document],
      [alice, unpublished],
    ] as const)
      for (const call of [() => grants.connect(caller).grant(id, bob, CONTEXT), () => grants.connect(caller).revoke(id, bob, CONTEXT)])
        await expect(call()).to.be.revertedWithCustomError(grants, "NotDocumentOwner").withArgs(id, caller.address);
  });

  it("when the reader is the zero address, or the context zero, grant reverts with ContextGrantsInvalid", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    for (const [reader, context] of [
      [ethers.ZeroAddress, CONTEXT],
      [bob.address, NONE],
    ] as const)
      await expect(grants.connect(alice).grant(document, reader, context))
        .to.be.revertedWithCustomError(grants, "ContextGrantsInvalid")
        .withArgs(reader, context);
  });

  it("when all is well, they emit ContextGranted and ContextRevoked", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    await expect(grants.connect(alice).grant(document, bob, CONTEXT))
      .to.emit(grants, "ContextGranted")
      .withArgs(document, bob, CONTEXT);
    expect(await grants.checkPermissionsFor(bob, document, CONTEXT)).to.equal(true);
    await expect(grants.connect(alice).revoke(document, bob, CONTEXT))
      .to.emit(grants, "ContextRevoked")
      .withArgs(document, bob, CONTEXT);
    expect(await grants.checkPermissionsFor(bob, document, CONTEXT)).to.equal(false);
  });
});

describe("ContextGrants: answers", () => {
  behavesLikePermissions(async () => {
    const { grants, alice, bob, mallory, document, otherDocument } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, CONTEXT);
    return {
      ethers,
      permissions: await grants.getAddress(),
      document,
      reader: bob.address,
      stranger: mallory.address,
      unknownDocument: otherDocument,
      contextHash: CONTEXT,
      deny: () => grants.connect(alice).revoke(document, bob, CONTEXT),
    };
  });

  it("when the context is another, or there is none, the answer is no", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, CONTEXT);
    for (const context of [NONE, ethers.id("another")]) expect(await grants.checkPermissionsFor(bob, document, context)).to.equal(false);
    expect(await grants.checkPermissions(bob, document)).to.equal(false);
  });

  it("it declares ERC-165 and IContextPermissions, and nothing else", async () => {
    const { grants } = await loadFixture(deployed);
    const selector = grants.interface.getFunction("checkPermissionsFor").selector;
    const declared = ["0x01ffc9a7", selector, "0xffffffff", "0x00000000", "0x12345678"].map((id) => grants.supportsInterface(id));
    expect(await Promise.all(declared)).to.deep.equal([true, true, false, false, false]);
  });

  it("when ShareRequests asks, it asks with the request's context", async () => {
    const { contexts, requests, registry, alice, bob, sealed, document } = await loadFixture(withRequests);
    await registry.connect(alice).movePermissions(document, contexts);
    await contexts.connect(alice).grant(document, bob, CONTEXT);
    const ask = (context: string) => requests.connect(bob).request(document, sealed.headerHash, newReader().point, context);
    for (const context of [NONE, ethers.id("another")])
      await expect(ask(context)).to.be.revertedWithCustomError(requests, "RequestDenied").withArgs(document, bob.address);
    await expect(ask(CONTEXT)).to.emit(requests, "SharesRequested");
  });
});
