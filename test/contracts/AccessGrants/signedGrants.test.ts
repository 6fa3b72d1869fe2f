import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { network } from "hardhat";
import { deployGrants, FOREVER, SALT_OF_UNPUBLISHED, SIGNED_GRANT, type SignedGrant } from "./grantsFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const deployed = () => deployGrants(ethers);
type Deployed = Awaited<ReturnType<typeof deployed>>;

const grantFor = async ({ alice, bob, document }: Deployed, fields: Partial<SignedGrant> = {}): Promise<SignedGrant> => ({
  document,
  reader: bob.address,
  until: 0n,
  grantor: alice.address,
  nonce: 0,
  deadline: BigInt(await time.latest()) + 600n,
  ...fields,
});
const sign = ({ domain }: Deployed, signer: HardhatEthersSigner, grant: SignedGrant) => signer.signTypedData(domain, SIGNED_GRANT, grant);

describe("AccessGrants: signed grants", () => {
  it("when the owner signed it, anyone brings it to the chain, and it is the owner's grant", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, bob, mallory, document, domain } = base;
    const signed = await grantFor(base);
    expect(await grants.signedGrantDigest(signed)).to.equal(ethers.TypedDataEncoder.hash(domain, SIGNED_GRANT, signed));
    await expect(grants.connect(mallory).grantBySignature(signed, await sign(base, alice, signed)))
      .to.emit(grants, "AccessGranted")
      .withArgs(document, bob, alice, FOREVER);
    expect(await grants.checkPermissions(bob, document)).to.equal(true);
  });

  it("when it was used, it reverts with AccessGrantsWrongNonce: a shorter grant made later is not undone", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, bob, mallory, document } = base;
    const signed = await grantFor(base);
    const signature = await sign(base, alice, signed);
    await grants.connect(mallory).grantBySignature(signed, signature);
    const until = BigInt(await time.latest()) + 60n;
    await grants.connect(alice).grant(document, bob, until);
    await expect(grants.connect(mallory).grantBySignature(signed, signature))
      .to.be.revertedWithCustomError(grants, "AccessGrantsWrongNonce")
      .withArgs(document, bob.address, 0, 2);
    expect((await grants.grantOf(document, bob)).until).to.equal(until);
  });

  it("when the reader was revoked, or signed grants were cancelled, it reverts with AccessGrantsWrongNonce", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, bob, document } = base;
    const first = await grantFor(base, { nonce: 1 });
    await grants.connect(alice).grant(document, bob, 0);
    await grants.connect(alice).revoke(document, bob);
    await expect(grants.grantBySignature(first, await sign(base, alice, first)))
      .to.be.revertedWithCustomError(grants, "AccessGrantsWrongNonce")
      .withArgs(document, bob.address, 1, 2);
    const second = await grantFor(base, { nonce: 2 });
    await expect(grants.connect(alice).cancelSignedGrants(document, bob))
      .to.emit(grants, "SignedGrantsCancelled")
      .withArgs(document, bob, 3);
    await expect(grants.grantBySignature(second, await sign(base, alice, second)))
      .to.be.revertedWithCustomError(grants, "AccessGrantsWrongNonce")
      .withArgs(document, bob.address, 2, 3);
  });

  it("when a stranger cancels, it reverts with AccessGrantsNotAdministrator", async () => {
    const { grants, bob, mallory, document } = await loadFixture(deployed);
    await expect(grants.connect(mallory).cancelSignedGrants(document, bob))
      .to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator")
      .withArgs(document, mallory.address);
  });

  it("when its deadline has passed, it reverts with AccessGrantsExpired; in its last second it counts", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice } = base;
    const signed = await grantFor(base);
    const signature = await sign(base, alice, signed);
    await time.setNextBlockTimestamp(signed.deadline + 1n);
    await expect(grants.grantBySignature.staticCall(signed, signature, { blockTag: "pending" }))
      .to.be.revertedWithCustomError(grants, "AccessGrantsExpired")
      .withArgs(signed.deadline, signed.deadline + 1n);
    await time.setNextBlockTimestamp(signed.deadline);
    await expect(grants.grantBySignature(signed, signature)).to.emit(grants, "AccessGranted");
  });

  it("when the grantor is neither owner nor administrator, it reverts with AccessGrantsNotAdministrator", async () => {
    const base = await loadFixture(deployed);
    const { grants, mallory, document } = base;
    const signed = await grantFor(base, { grantor: mallory.address });
    await expect(grants.grantBySignature(signed, await sign(base, mallory, signed)))
      .to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator")
      .withArgs(document, mallory.address);
  });

  it("when an administrator signed it, it counts while it is one", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, bob, carol, document } = base;
    const signed = await grantFor(base, { grantor: carol.address });
    const signature = await sign(base, carol, signed);
    await grants.connect(alice).appoint(document, carol);
    await grants.grantBySignature(signed, signature);
    expect(await grants.checkPermissions(bob, document)).to.equal(true);
    await grants.connect(alice).dismiss(document, carol);
    const second = await grantFor(base, { grantor: carol.address, nonce: 1 });
    await expect(grants.grantBySignature(second, await sign(base, carol, second))).to.be.revertedWithCustomError(
      grants,
      "AccessGrantsNotAdministrator",
    );
  });

  it("when any field differs from what was signed, it reverts with AccessGrantsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, mallory, carol, document, unpublished } = base;
    await grants.connect(alice).appoint(document, carol);
    await grants.connect(alice).claimFor(alice, SALT_OF_UNPUBLISHED);
    const signed = await grantFor(base);
    const signature = await sign(base, alice, signed);
    const changes: Partial<SignedGrant>[] = [
      { document: unpublished.document },
      { reader: mallory.address },
      { until: FOREVER },
      { grantor: carol.address },
      { deadline: signed.deadline + 1n },
    ];
    for (const change of changes)
      await expect(grants.grantBySignature({ ...signed, ...change }, signature), Object.keys(change)[0]).to.be.revertedWithCustomError(
        grants,
        "AccessGrantsInvalidSignature",
      );
  });

  it("attack 29: when it was signed for another contract or chain, it reverts with AccessGrantsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, domain } = base;
    const signed = await grantFor(base);
    for (const foreign of [
      { ...domain, verifyingContract: alice.address },
      { ...domain, chainId: domain.chainId + 1n },
    ]) {
      const signature = await alice.signTypedData(foreign, SIGNED_GRANT, signed);
      await expect(grants.grantBySignature(signed, signature)).to.be.revertedWithCustomError(grants, "AccessGrantsInvalidSignature");
    }
  });

  it("when the signature is somebody else's, cut, or has a high s, it reverts with AccessGrantsInvalidSignature", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, mallory } = base;
    const signed = await grantFor(base);
    const own = ethers.Signature.from(await sign(base, alice, signed));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high = ethers.concat([own.r, ethers.toBeHex(order - BigInt(own.s), 32), ethers.toBeHex(own.v === 27 ? 28 : 27)]);
    for (const signature of [await sign(base, mallory, signed), own.serialized.slice(0, -2), "0x", high])
      await expect(grants.grantBySignature(signed, signature)).to.be.revertedWithCustomError(grants, "AccessGrantsInvalidSignature");
  });

  it("when the document is not published, whoever shows the salt makes its owner's signature count", async () => {
    const base = await loadFixture(deployed);
    const { grants, alice, bob, mallory, unpublished } = base;
    const signed = await grantFor(base, { document: unpublished.document });
    const signature = await sign(base, alice, signed);
    await expect(grants.grantBySignature(signed, signature)).to.be.revertedWithCustomError(grants, "AccessGrantsNotAdministrator");
    await expect(grants.connect(mallory).claimFor(alice, SALT_OF_UNPUBLISHED))
      .to.emit(grants, "DocumentClaimed")
      .withArgs(unpublished.document, alice);
    expect(await grants.ownerOf(unpublished.document)).to.equal(alice.address);
    await grants.connect(mallory).grantBySignature(signed, signature);
    expect(await grants.checkPermissions(bob, unpublished.document)).to.equal(true);
    expect(await grants.checkPermissions(mallory, unpublished.document)).to.equal(false);
  });

  it("when the owner to claim for is nobody, it reverts with NotDocumentOwner", async () => {
    const { grants, mallory } = await loadFixture(deployed);
    await expect(grants.connect(mallory).claimFor(ethers.ZeroAddress, SALT_OF_UNPUBLISHED)).to.be.revertedWithCustomError(
      grants,
      "NotDocumentOwner",
    );
  });
});
