import { expect } from "chai";
import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";
import { deployPublished } from "./policyFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const FOREVER = 2n ** 64n - 1n;
const deployed = async () => {
  const base = await deployPublished(ethers);
  const window = await ethers.deployContract("TimeWindow", [base.registryAddress]);
  return { ...base, window, now: BigInt(await time.latest()) };
};

describe("TimeWindow: setWindow and closeWindow", () => {
  it("when the caller is not the owner, or the document is not published, they revert with NotDocumentOwner", async () => {
    const { window, alice, mallory, document, unpublished, malloryDocument } = await loadFixture(deployed);
    for (const [caller, id] of [
      [mallory, document],
      [alice, malloryDocument],
      [alice, unpublished],
    ] as const) {
      for (const call of [() => window.connect(caller).setWindow(id, 0, 0), () => window.connect(caller).closeWindow(id)])
        await expect(call()).to.be.revertedWithCustomError(window, "NotDocumentOwner").withArgs(id, caller.address);
    }
  });

  it("when the window ends before it begins, or already, it reverts with TimeWindowEmpty", async () => {
    const { window, alice, document, now } = await loadFixture(deployed);
    const later = now + 100n;
    for (const [from, until] of [
      [later + 50n, later + 50n],
      [later + 51n, later + 50n],
      [0n, later],
      [FOREVER, 0n],
    ] as const) {
      await time.setNextBlockTimestamp(later);
      const call = window.connect(alice).setWindow.staticCall(document, from, until, { blockTag: "pending" });
      await expect(call).to.be.revertedWithCustomError(window, "TimeWindowEmpty").withArgs(from, until, later);
    }
    await time.setNextBlockTimestamp(later);
    await expect(window.connect(alice).setWindow(document, later, later + 1n)).to.emit(window, "WindowSet");
  });

  it("when all is well, it replaces what was set and emits WindowSet; until 0 is without end", async () => {
    const { window, alice, document, now } = await loadFixture(deployed);
    await expect(window.connect(alice).setWindow(document, now + 50n, now + 90n))
      .to.emit(window, "WindowSet")
      .withArgs(document, now + 50n, now + 90n);
    await expect(window.connect(alice).setWindow(document, 5, 0))
      .to.emit(window, "WindowSet")
      .withArgs(document, 5, FOREVER);
    expect([...(await window.windowOf(document))]).to.deep.equal([5n, FOREVER]);
  });

  it("closeWindow clears the window and emits WindowSet with zeros", async () => {
    const { window, alice, bob, document } = await loadFixture(deployed);
    await window.connect(alice).setWindow(document, 0, 0);
    expect(await window.checkPermissions(bob, document)).to.equal(true);
    await expect(window.connect(alice).closeWindow(document)).to.emit(window, "WindowSet").withArgs(document, 0, 0);
    expect([...(await window.windowOf(document))]).to.deep.equal([0n, 0n]);
    expect(await window.checkPermissions(bob, document)).to.equal(false);
  });
});

describe("TimeWindow: checkPermissions", () => {
  behavesLikePermissions(async () => {
    const { window, alice, bob, document, otherDocument } = await loadFixture(deployed);
    await window.connect(alice).setWindow(document, 0, 0);
    return {
      ethers,
      permissions: await window.getAddress(),
      document,
      reader: bob.address,
      unknownDocument: otherDocument,
      deny: () => window.connect(alice).closeWindow(document),
    };
  });

  it("it says yes to everybody from the first second of the window to its last, and no before and after", async () => {
    const { window, alice, bob, mallory, document, otherDocument, now } = await loadFixture(deployed);
    const [from, until] = [now + 50n, now + 90n];
    await window.connect(alice).setWindow(document, from, until);
    for (const [moment, permitted] of [
      [from - 1n, false],
      [from, true],
      [until - 1n, true],
      [until, false],
    ] as const) {
      await time.increaseTo(moment);
      for (const user of [bob, mallory]) expect(await window.checkPermissions(user, document), `${moment - from}`).to.equal(permitted);
      expect(await window.checkPermissions(bob, otherDocument)).to.equal(false);
    }
  });
});
