import { expect } from "chai";
import { network } from "hardhat";
import { deployGrants, FOREVER } from "./grantsFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const deployed = () => deployGrants(ethers);

describe("AccessGrants: administrators", () => {
  it("when the caller of appoint or dismiss is not the owner, it reverts with NotDocumentOwner, for an administrator too", async () => {
    const { grants, alice, bob, mallory, carol, document } = await loadFixture(deployed);
    await grants.connect(alice).appoint(document, carol);
    for (const caller of [mallory, carol]) {
      for (const call of [() => grants.connect(caller).appoint(document, bob), () => grants.connect(caller).dismiss(document, carol)])
        await expect(call()).to.be.revertedWithCustomError(grants, "NotDocumentOwner").withArgs(document, caller.address);
    }
  });

  it("when the administrator is nobody or the owner, it reverts with AccessGrantsInvalidAdministrator", async () => {
    const { grants, alice, document } = await loadFixture(deployed);
    for (const account of [ethers.ZeroAddress, alice.address])
      await expect(grants.connect(alice).appoint(document, account))
        .to.be.revertedWithCustomError(grants, "AccessGrantsInvalidAdministrator")
        .withArgs(account);
  });

  it("when the account is not an administrator, dismiss reverts with AccessGrantsUnknownAdministrator", async () => {
    const { grants, alice, carol, document } = await loadFixture(deployed);
    await expect(grants.connect(alice).dismiss(document, carol))
      .to.be.revertedWithCustomError(grants, "AccessGrantsUnknownAdministrator")
      .withArgs(document, carol.address);
  });

  it("when an administrator grants and revokes, it counts, names the administrator, and is of this document only", async () => {
    const { grants, alice, bob, carol, document, unpublished, registry } = await loadFixture(deployed);
    await expect(grants.connect(alice).appoint(document, carol)).to.emit(grants, "AdministratorAppointed").withArgs(document, carol);
    await expect(grants.connect(carol).grant(document, bob, 0))
      .to.emit(grants, "AccessGranted")
      .withArgs(document, bob, carol, FOREVER);
    expect(await grants.checkPermissions(bob, document)).to.equal(true);
    await grants.connect(carol).revoke(document, bob);
    expect(await grants.checkPermissions(bob, document)).to.equal(false);
    expect((await registry.documentOf(unpublished.document)).owner).to.equal(ethers.ZeroAddress);
    await grants.connect(alice).claimFor(alice, "0x5a1700000000000000000000000000000000000000000000000000000000005a");
    await expect(grants.connect(carol).grant(unpublished.document, bob, 0))
      .to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator")
      .withArgs(unpublished.document, carol.address);
  });

  it("when an administrator has no grant, it may not read", async () => {
    const { grants, alice, carol, document } = await loadFixture(deployed);
    await grants.connect(alice).appoint(document, carol);
    expect(await grants.checkPermissions(carol, document)).to.equal(false);
  });

  it("when an administrator is dismissed, it grants no more, and what it granted counts no more", async () => {
    const { grants, alice, bob, mallory, carol, document } = await loadFixture(deployed);
    await grants.connect(alice).appoint(document, carol);
    await grants.connect(carol).grant(document, bob, 0);
    await grants.connect(alice).grant(document, mallory, 0);
    await expect(grants.connect(alice).dismiss(document, carol)).to.emit(grants, "AdministratorDismissed").withArgs(document, carol);
    expect(await grants.isAdministrator(document, carol)).to.equal(false);
    expect([await grants.checkPermissions(bob, document), await grants.checkPermissions(mallory, document)]).to.deep.equal([false, true]);
    await expect(grants.connect(carol).grant(document, bob, 0)).to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator");
  });
});

describe("AccessGrants: batches", () => {
  it("when the caller is neither owner nor administrator, they revert with AccessGrantsNotAdministrator, for empty lists too", async () => {
    const { grants, bob, mallory, document } = await loadFixture(deployed);
    for (const call of [
      () => grants.connect(mallory).grantMany(document, [{ reader: bob.address, until: 0 }]),
      () => grants.connect(mallory).grantMany(document, []),
      () => grants.connect(mallory).revokeMany(document, [bob.address]),
    ])
      await expect(call()).to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator").withArgs(document, mallory.address);
  });

  it("when one reader of the batch is refused, nothing of it happens", async () => {
    const { grants, alice, bob, mallory, document } = await loadFixture(deployed);
    const terms = [
      { reader: bob.address, until: 0 },
      { reader: ethers.ZeroAddress, until: 0 },
    ];
    await expect(grants.connect(alice).grantMany(document, terms)).to.be.revertedWithCustomError(grants, "AccessGrantsInvalidReader");
    await grants.connect(alice).grant(document, bob, 0);
    await expect(grants.connect(alice).revokeMany(document, [bob, mallory]))
      .to.be.revertedWithCustomError(grants, "AccessGrantsNoGrant")
      .withArgs(document, mallory.address);
    expect(await grants.checkPermissions(bob, document)).to.equal(true);
  });

  it("when all is well, each reader has its own end, and all are revoked at once", async () => {
    const { grants, alice, bob, mallory, carol, document } = await loadFixture(deployed);
    const until = BigInt(await networkHelpers.time.latest()) + 1000n;
    const terms = [bob, mallory, carol].map((reader, i) => ({ reader: reader.address, until: i === 1 ? until : 0n }));
    const sent = await grants.connect(alice).grantMany(document, terms);
    await expect(sent).to.emit(grants, "AccessGranted").withArgs(document, mallory, alice, until);
    await expect(sent).to.emit(grants, "AccessGranted").withArgs(document, carol, alice, FOREVER);
    await grants.connect(alice).revokeMany(document, [bob, mallory, carol]);
    for (const reader of [bob, mallory, carol]) expect(await grants.checkPermissions(reader, document)).to.equal(false);
  });

  it("prints the gas of ten grants in one transaction", async () => {
    const { grants, alice, document } = await loadFixture(deployed);
    const terms = Array.from({ length: 10 }, (_, i) => ({ reader: ethers.toBeHex(0xb0b0 + i, 20), until: 0 }));
    const gasUsed = (await (await grants.connect(alice).grantMany(document, terms)).wait())?.gasUsed ?? 0n;
    console.log(`      gas of ten grants: ${gasUsed}, ${gasUsed / 10n} each`);
    expect(gasUsed).to.be.lessThan(420_000n);
  });
});
