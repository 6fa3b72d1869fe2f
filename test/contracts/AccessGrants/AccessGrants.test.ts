import { expect } from "chai";
import { network } from "hardhat";
import { behavesLikePermissions } from "../../behaviors/permissions.ts";
import { documentIdOf } from "../../fixtures/sealedHeader.ts";
import { publication } from "../DocumentRegistry/documentFixture.ts";
import { deployGrants, FOREVER, SALT_OF_UNPUBLISHED as SALT } from "./grantsFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const deployed = () => deployGrants(ethers);
const inAnHour = async (): Promise<bigint> => BigInt(await time.latest()) + 3600n;

describe("AccessGrants: grant", () => {
  it("when the caller is neither owner nor administrator, it reverts with AccessGrantsNotAdministrator", async () => {
    const { grants, alice, bob, mallory, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, 0);
    await grants.connect(mallory).claim(ethers.id("mallory's"));
    for (const caller of [mallory, bob])
      await expect(grants.connect(caller).grant(document, mallory, 0))
        .to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator")
        .withArgs(document, caller.address);
  });

  it("when the document is nobody's, it reverts with AccessGrantsNotAdministrator", async () => {
    const { grants, alice, mallory, bob, unpublished } = await loadFixture(deployed);
    for (const caller of [alice, mallory])
      await expect(grants.connect(caller).grant(unpublished.document, bob, 0))
        .to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator")
        .withArgs(unpublished.document, caller.address);
  });

  it("when the reader is the zero address, it reverts with AccessGrantsInvalidReader", async () => {
    const { grants, alice, document } = await loadFixture(deployed);
    await expect(grants.connect(alice).grant(document, ethers.ZeroAddress, 0)).to.be.revertedWithCustomError(
      grants,
      "AccessGrantsInvalidReader",
    );
  });

  it("when the end is not in the future, it reverts with AccessGrantsExpired", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    const now = await inAnHour();
    for (const until of [1n, now]) {
      await time.setNextBlockTimestamp(now);
      const call = grants.connect(alice).grant.staticCall(document, bob, until, { blockTag: "pending" });
      await expect(call).to.be.revertedWithCustomError(grants, "AccessGrantsExpired").withArgs(until, now);
    }
    await time.setNextBlockTimestamp(now);
    await expect(grants.connect(alice).grant(document, bob, now + 1n)).to.emit(grants, "AccessGranted");
  });

  it("when all is well, it stores the grant and emits AccessGranted", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    const until = await inAnHour();
    await expect(grants.connect(alice).grant(document, bob, until))
      .to.emit(grants, "AccessGranted")
      .withArgs(document, bob, alice, until);
    expect([...(await grants.grantOf(document, bob))]).to.deep.equal([alice.address, until, 1n]);
  });

  it("when all is well, it takes 0 as without end", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    await expect(grants.connect(alice).grant(document, bob, 0))
      .to.emit(grants, "AccessGranted")
      .withArgs(document, bob, alice, FOREVER);
    await time.increase(10n ** 10n);
    expect(await grants.checkPermissions(bob, document)).to.equal(true);
  });

  it("when there was a grant, it replaces it and counts the nonce", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, 0);
    await grants.connect(alice).revoke(document, bob);
    await grants.connect(alice).grant(document, bob, 0);
    const until = await inAnHour();
    await grants.connect(alice).grant(document, bob, until);
    expect([...(await grants.grantOf(document, bob))]).to.deep.equal([alice.address, until, 4n]);
  });
});

describe("AccessGrants: revoke", () => {
  it("when the caller is neither owner nor administrator, it reverts with AccessGrantsNotAdministrator, for the reader too", async () => {
    const { grants, alice, bob, mallory, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, 0);
    for (const caller of [mallory, bob])
      await expect(grants.connect(caller).revoke(document, bob))
        .to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator")
        .withArgs(document, caller.address);
  });

  it("when there is no grant, or it is revoked, it reverts with AccessGrantsNoGrant", async () => {
    const { grants, alice, bob, mallory, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, 0);
    await grants.connect(alice).revoke(document, bob);
    for (const reader of [bob, mallory])
      await expect(grants.connect(alice).revoke(document, reader))
        .to.be.revertedWithCustomError(grants, "AccessGrantsNoGrant")
        .withArgs(document, reader.address);
  });

  it("when all is well, it clears the grant, counts the nonce and emits AccessRevoked", async () => {
    const { grants, alice, bob, mallory, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, 0);
    await grants.connect(alice).grant(document, mallory, 0);
    await expect(grants.connect(alice).revoke(document, bob)).to.emit(grants, "AccessRevoked").withArgs(document, bob, alice);
    expect([...(await grants.grantOf(document, bob))]).to.deep.equal([ethers.ZeroAddress, 0n, 2n]);
    expect([...(await grants.grantOf(document, mallory))]).to.deep.equal([alice.address, FOREVER, 1n]);
  });

  it("when the grant has ended, it clears it too", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, await inAnHour());
    await time.increase(7200);
    await expect(grants.connect(alice).revoke(document, bob)).to.emit(grants, "AccessRevoked");
  });
});

describe("AccessGrants: claim and ownerOf", () => {
  it("when the id is the caller's, it makes the caller the owner here, emits DocumentClaimed, and may be repeated", async () => {
    const { grants, alice, unpublished } = await loadFixture(deployed);
    expect(await grants.ownerOf(unpublished.document)).to.equal(ethers.ZeroAddress);
    for (let i = 0; i < 2; i++)
      await expect(grants.connect(alice).claim(SALT)).to.emit(grants, "DocumentClaimed").withArgs(unpublished.document, alice);
    expect(await grants.ownerOf(unpublished.document)).to.equal(alice.address);
  });

  it("attack 3: when somebody else takes the salt, it claims another document", async () => {
    const { grants, alice, mallory, unpublished } = await loadFixture(deployed);
    const other = documentIdOf(mallory.address, SALT);
    await expect(grants.connect(mallory).claim(SALT)).to.emit(grants, "DocumentClaimed").withArgs(other, mallory);
    expect(await grants.ownerOf(unpublished.document)).to.equal(ethers.ZeroAddress);
    await grants.connect(alice).claim(SALT);
    expect([await grants.ownerOf(unpublished.document), await grants.ownerOf(other)]).to.deep.equal([alice.address, mallory.address]);
  });

  it("when the document is published, it is the registry's owner, claimed or not", async () => {
    const { grants, alice, document, registry, unpublished } = await loadFixture(deployed);
    expect(await grants.ownerOf(document)).to.equal(alice.address);
    await grants.connect(alice).claim(SALT);
    await registry.connect(alice).publish(...publication(unpublished));
    expect(await grants.ownerOf(unpublished.document)).to.equal(alice.address);
  });
});

describe("AccessGrants: checkPermissions", () => {
  behavesLikePermissions(async () => {
    const { grants, alice, bob, mallory, document, address, unpublished } = await loadFixture(deployed);
    await grants.connect(alice).grant(document, bob, 0);
    return {
      ethers,
      permissions: address,
      document,
      reader: bob.address,
      stranger: mallory.address,
      unknownDocument: unpublished.document,
      deny: () => grants.connect(alice).revoke(document, bob),
    };
  });

  it("when the document is neither published nor claimed, it says no, to the zero address too", async () => {
    const { grants, alice, unpublished } = await loadFixture(deployed);
    for (const user of [alice.address, ethers.ZeroAddress])
      expect(await grants.checkPermissions(user, unpublished.document)).to.equal(false);
  });

  it("when the user is the owner, it says yes without a grant", async () => {
    const { grants, alice, document, unpublished } = await loadFixture(deployed);
    expect(await grants.checkPermissions(alice, document)).to.equal(true);
    await grants.connect(alice).claim(SALT);
    expect(await grants.checkPermissions(alice, unpublished.document)).to.equal(true);
  });

  it("when the grant has an end, it says yes up to the last second before it, then no", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    const until = await inAnHour();
    await grants.connect(alice).grant(document, bob, until);
    await time.increaseTo(until - 1n);
    expect(await grants.checkPermissions(bob, document)).to.equal(true);
    await time.increaseTo(until);
    expect(await grants.checkPermissions(bob, document)).to.equal(false);
  });

  it("when the grant is of another document, it says no", async () => {
    const { grants, alice, bob, document, unpublished } = await loadFixture(deployed);
    await grants.connect(alice).claim(SALT);
    await grants.connect(alice).grant(unpublished.document, bob, 0);
    expect(await grants.checkPermissions(bob, unpublished.document)).to.equal(true);
    expect(await grants.checkPermissions(bob, document)).to.equal(false);
  });

  it("when the grant is revoked, and given again, it says no, and yes again", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    const answers: boolean[] = [];
    for (const act of ["grant", "revoke", "grant"] as const) {
      if (act === "grant") await grants.connect(alice).grant(document, bob, 0);
      else await grants.connect(alice).revoke(document, bob);
      answers.push(await grants.checkPermissions(bob, document));
    }
    expect(answers).to.deep.equal([true, false, true]);
  });

  it("when the grantor is no longer the owner, it says no, and does not call the grant revoked", async () => {
    const { alice, bob, mallory } = await loadFixture(deployed);
    const registry = await ethers.deployContract("MockDocumentOwners");
    const grants = await ethers.deployContract("AccessGrants", [await registry.getAddress()]);
    const document = ethers.id("sold");
    await registry.setOwner(document, alice);
    await grants.connect(alice).grant(document, bob, 0);
    await registry.setOwner(document, mallory);
    expect(await grants.checkPermissions(bob, document)).to.equal(false);
    expect(await grants.checkPermissions(alice, document)).to.equal(false);
    expect((await grants.grantOf(document, bob)).grantor).to.equal(alice.address);
    await registry.setOwner(document, ethers.ZeroAddress);
    expect(await grants.checkPermissions(bob, document)).to.equal(false);
  });

  it("when the document is claimed first and published later, grants made before count on", async () => {
    const { grants, alice, bob, registry, unpublished } = await loadFixture(deployed);
    await grants.connect(alice).claim(SALT);
    await grants.connect(alice).grant(unpublished.document, bob, 0);
    await registry.connect(alice).publish(...publication(unpublished));
    expect(await grants.checkPermissions(bob, unpublished.document)).to.equal(true);
  });

  it("prints the gas of grant, revoke and claim", async () => {
    const { grants, alice, bob, document } = await loadFixture(deployed);
    const gasOf = async (sent: Promise<{ wait: () => Promise<{ gasUsed: bigint } | null> }>) => (await (await sent).wait())?.gasUsed ?? 0n;
    const grant = await gasOf(grants.connect(alice).grant(document, bob, 0));
    const revoke = await gasOf(grants.connect(alice).revoke(document, bob));
    const claim = await gasOf(grants.connect(alice).claim(SALT));
    const check = await grants.checkPermissions.estimateGas(bob, document);
    console.log(`      gas of grant: ${grant}; of revoke: ${revoke}; of claim: ${claim}; of checkPermissions as a transaction: ${check}`);
    expect(grant).to.be.lessThan(75_000n);
    expect(revoke).to.be.lessThan(55_000n);
    expect(claim).to.be.lessThan(60_000n);
  });
});
