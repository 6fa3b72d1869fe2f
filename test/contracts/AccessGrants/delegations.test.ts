import { expect } from "chai";
import { network } from "hardhat";
import { deployGrants, FOREVER } from "./grantsFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

/** Bob may read; carol and dave may not. */
const deployed = async () => {
  const base = await deployGrants(ethers);
  await base.grants.connect(base.alice).grant(base.document, base.bob, 0);
  return base;
};
const inAnHour = async (): Promise<bigint> => BigInt(await time.latest()) + 3600n;

describe("AccessGrants: delegations", () => {
  it("when the caller may not read, it reverts with AccessGrantsNotReader", async () => {
    const { grants, mallory, carol, document } = await loadFixture(deployed);
    await expect(grants.connect(mallory).delegate(document, carol, 0))
      .to.be.revertedWithCustomError(grants, "AccessGrantsNotReader")
      .withArgs(document, mallory.address);
  });

  it("when the delegate is nobody or the caller, it reverts with AccessGrantsInvalidReader", async () => {
    const { grants, bob, document } = await loadFixture(deployed);
    for (const delegate of [ethers.ZeroAddress, bob.address])
      await expect(grants.connect(bob).delegate(document, delegate, 0)).to.be.revertedWithCustomError(grants, "AccessGrantsInvalidReader");
  });

  it("when the end is over, it reverts with AccessGrantsExpired", async () => {
    const { grants, bob, carol, document } = await loadFixture(deployed);
    await expect(grants.connect(bob).delegate(document, carol, 1)).to.be.revertedWithCustomError(grants, "AccessGrantsExpired");
  });

  it("when a reader passes its permission on, the delegate reads until the end, and the reader still does", async () => {
    const { grants, bob, carol, document } = await loadFixture(deployed);
    const until = await inAnHour();
    await expect(grants.connect(bob).delegate(document, carol, until))
      .to.emit(grants, "ReadingDelegated")
      .withArgs(document, carol, bob, until);
    await time.increaseTo(until - 1n);
    expect(await grants.checkPermissions(carol, document)).to.equal(true);
    await time.increaseTo(until);
    expect([await grants.checkPermissions(carol, document), await grants.checkPermissions(bob, document)]).to.deep.equal([false, true]);
  });

  it("when a delegate passes on what was passed to it, it reverts: one step only", async () => {
    const { grants, bob, carol, dave, document } = await loadFixture(deployed);
    await grants.connect(bob).delegate(document, carol, 0);
    await expect(grants.connect(carol).delegate(document, dave, 0))
      .to.be.revertedWithCustomError(grants, "AccessGrantsNotReader")
      .withArgs(document, carol.address);
  });

  it("when two readers delegate to each other and both are revoked, neither reads", async () => {
    const { grants, alice, bob, carol, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, carol, 0);
    await grants.connect(bob).delegate(document, carol, 0);
    await grants.connect(carol).delegate(document, bob, 0);
    await grants.connect(alice).revokeMany(document, [bob, carol]);
    for (const reader of [bob, carol]) expect(await grants.checkPermissions(reader, document)).to.equal(false);
  });

  it("when the reader is revoked or its grant ends, so does what it passed on", async () => {
    const { grants, alice, bob, carol, document } = await loadFixture(deployed);
    await grants.connect(bob).delegate(document, carol, 0);
    await grants.connect(alice).revoke(document, bob);
    expect(await grants.checkPermissions(carol, document)).to.equal(false);
    const until = await inAnHour();
    await grants.connect(alice).grant(document, bob, until);
    expect(await grants.checkPermissions(carol, document)).to.equal(true);
    await time.increaseTo(until);
    expect(await grants.checkPermissions(carol, document)).to.equal(false);
  });

  it("when another reader's delegation is in force, it reverts with AccessGrantsAlreadyDelegated; its own is replaced", async () => {
    const { grants, alice, bob, mallory, carol, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, mallory, 0);
    await grants.connect(bob).delegate(document, carol, 0);
    await expect(grants.connect(mallory).delegate(document, carol, await inAnHour()))
      .to.be.revertedWithCustomError(grants, "AccessGrantsAlreadyDelegated")
      .withArgs(document, carol.address, bob.address);
    const until = await inAnHour();
    await grants.connect(bob).delegate(document, carol, until);
    await time.increaseTo(until);
    await expect(grants.connect(mallory).delegate(document, carol, 0))
      .to.emit(grants, "ReadingDelegated")
      .withArgs(document, carol, mallory, FOREVER);
  });

  it("when its delegator, its delegate, the owner or an administrator ends it, it is gone", async () => {
    const { grants, alice, bob, carol, dave, document } = await loadFixture(deployed);
    await grants.connect(alice).appoint(document, dave);
    for (const caller of [bob, carol, alice, dave]) {
      await grants.connect(bob).delegate(document, carol, 0);
      await expect(grants.connect(caller).endDelegation(document, carol)).to.emit(grants, "DelegationEnded").withArgs(document, carol, bob);
      expect(await grants.checkPermissions(carol, document)).to.equal(false);
    }
    expect([...(await grants.delegationOf(document, carol))]).to.deep.equal([ethers.ZeroAddress, 0n]);
  });

  it("when a stranger ends it, or there is none, it reverts with AccessGrantsNoDelegation", async () => {
    const { grants, alice, bob, mallory, carol, document } = await loadFixture(deployed);
    for (const [caller, prepare] of [
      [alice, undefined],
      [mallory, () => grants.connect(bob).delegate(document, carol, 0)],
    ] as const) {
      await prepare?.();
      await expect(grants.connect(caller).endDelegation(document, carol))
        .to.be.revertedWithCustomError(grants, "AccessGrantsNoDelegation")
        .withArgs(document, carol.address, caller.address);
    }
  });
});
