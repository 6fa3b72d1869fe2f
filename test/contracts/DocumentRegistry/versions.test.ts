import { expect } from "chai";
import { network } from "hardhat";
import { keyRecord } from "../../fixtures/dealtKey.ts";
import { documentIdOf, labelOf } from "../../fixtures/sealedHeader.ts";
import { rollDice } from "../../random/dice.ts";
import { CID, deployDocuments, publication, type SealedDocument, sealDocument, sealVersion } from "./documentFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const PERMISSIONS = ethers.getAddress("0x00000000000000000000000000000000000000aa");
const OTHER = ethers.getAddress("0x00000000000000000000000000000000000000bb");

/** Alice has published version 1, and sealed version 2. */
const published = async () => {
  const base = await deployDocuments(ethers);
  const first = sealDocument({ ...base, owner: base.alice.address, initialPermissions: PERMISSIONS });
  await base.registry.connect(base.alice).publish(...publication(first));
  return { ...base, first, second: sealVersion(base.key, first), document: first.document };
};

const version = ({ document, header }: SealedDocument, cid = CID) => [document, header.ciphertext, header.hints, cid] as const;

describe("DocumentRegistry: publishVersion", () => {
  it("when the document is not published, it reverts with DocumentRegistryUnknownDocument", async () => {
    const { registry, alice, second } = await loadFixture(published);
    const stray = ethers.id("stray");
    await expect(registry.connect(alice).publishVersion(...version({ ...second, document: stray })))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryUnknownDocument")
      .withArgs(stray);
  });

  it("when the caller is not the owner, it reverts with NotDocumentOwner", async () => {
    const { registry, mallory, second, document } = await loadFixture(published);
    await expect(registry.connect(mallory).publishVersion(...version(second)))
      .to.be.revertedWithCustomError(registry, "NotDocumentOwner")
      .withArgs(document, mallory.address);
  });

  it("when the key has become unusable, it reverts with UnusableKey", async () => {
    const { registry, alice, second, keyGeneration, key } = await loadFixture(published);
    await keyGeneration.setKey(key.keyId, keyRecord(key, { activeEpoch: 0 }));
    await expect(registry.connect(alice).publishVersion(...version(second)))
      .to.be.revertedWithCustomError(registry, "UnusableKey")
      .withArgs(key.keyId);
  });

  for (const length of [0, 129])
    it(`when the content id has ${length} bytes, it reverts with DocumentRegistryBadCid`, async () => {
      const { registry, alice, second } = await loadFixture(published);
      await expect(registry.connect(alice).publishVersion(...version(second, `0x${"01".repeat(length)}`)))
        .to.be.revertedWithCustomError(registry, "DocumentRegistryBadCid")
        .withArgs(length);
    });

  it("when the header's label is not the document's, it reverts with DocumentRegistryInvalidHeader", async () => {
    const base = await loadFixture(published);
    const foreign = sealDocument({ ...base, owner: base.alice.address, initialPermissions: PERMISSIONS });
    await expect(base.registry.connect(base.alice).publishVersion(...version({ ...foreign, document: base.document })))
      .to.be.revertedWithCustomError(base.registry, "DocumentRegistryInvalidHeader")
      .withArgs(labelOf(base.first.names));
  });

  it("when the header is published already, it reverts with DocumentRegistryVersionExists", async () => {
    const { registry, alice, first, document } = await loadFixture(published);
    await expect(registry.connect(alice).publishVersion(...version(first)))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryVersionExists")
      .withArgs(document, first.headerHash);
  });

  it("when the header is published and withdrawn, it reverts with DocumentRegistryVersionExists", async () => {
    const { registry, alice, first, document } = await loadFixture(published);
    await registry.connect(alice).withdrawVersion(document, first.headerHash);
    await expect(registry.connect(alice).publishVersion(...version(first))).to.be.revertedWithCustomError(
      registry,
      "DocumentRegistryVersionExists",
    );
  });

  it("when all is well, it counts on, keeps the old versions, and emits DocumentPublished", async () => {
    const { registry, alice, first, second, document, key } = await loadFixture(published);
    const { u, uBar, e, f } = second.header.ciphertext;
    await expect(registry.connect(alice).publishVersion(...version(second)))
      .to.emit(registry, "DocumentPublished")
      .withArgs(document, alice, key.keyId, 2, first.salt, PERMISSIONS, second.headerHash, [[u.x, u.y], [uBar.x, uBar.y], e, f], CID);
    expect((await registry.documentOf(document)).latestVersion).to.equal(2);
    expect((await registry.versionOf(document, first.headerHash)).number).to.equal(1);
    expect((await registry.versionOf(document, second.headerHash)).number).to.equal(2);
    expect([await registry.headerHashOf(document, 1), await registry.headerHashOf(document, 2)]).to.deep.equal([
      first.headerHash,
      second.headerHash,
    ]);
  });

  it("when the permissions were moved, the label stays that of the first permissions contract", async () => {
    const { registry, alice, second, document } = await loadFixture(published);
    await registry.connect(alice).movePermissions(document, OTHER);
    await expect(registry.connect(alice).publishVersion(...version(second))).to.emit(registry, "DocumentPublished");
    expect(await registry.permissionsOf(document)).to.equal(OTHER);
  });
});

describe("DocumentRegistry: withdrawVersion", () => {
  it("when the document is not published, it reverts with DocumentRegistryUnknownDocument", async () => {
    const { registry, alice, first } = await loadFixture(published);
    const stray = ethers.id("stray");
    await expect(registry.connect(alice).withdrawVersion(stray, first.headerHash))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryUnknownDocument")
      .withArgs(stray);
  });

  it("when the caller is not the owner, it reverts with NotDocumentOwner", async () => {
    const { registry, mallory, first, document } = await loadFixture(published);
    await expect(registry.connect(mallory).withdrawVersion(document, first.headerHash))
      .to.be.revertedWithCustomError(registry, "NotDocumentOwner")
      .withArgs(document, mallory.address);
  });

  it("when there is no such version, it reverts with DocumentRegistryUnknownVersion", async () => {
    const { registry, alice, second, document } = await loadFixture(published);
    await expect(registry.connect(alice).withdrawVersion(document, second.headerHash))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryUnknownVersion")
      .withArgs(document, second.headerHash);
  });

  it("when it is withdrawn already, it reverts with DocumentRegistryUnknownVersion", async () => {
    const { registry, alice, first, document } = await loadFixture(published);
    await registry.connect(alice).withdrawVersion(document, first.headerHash);
    await expect(registry.connect(alice).withdrawVersion(document, first.headerHash)).to.be.revertedWithCustomError(
      registry,
      "DocumentRegistryUnknownVersion",
    );
  });

  it("when all is well, it marks the version, emits VersionWithdrawn and touches no other version", async () => {
    const { registry, alice, first, second, document } = await loadFixture(published);
    await registry.connect(alice).publishVersion(...version(second));
    await expect(registry.connect(alice).withdrawVersion(document, first.headerHash))
      .to.emit(registry, "VersionWithdrawn")
      .withArgs(document, first.headerHash, 1);
    const [one, two] = await Promise.all([first, second].map(({ headerHash }) => registry.versionOf(document, headerHash)));
    expect([one?.number, one?.withdrawn, two?.number, two?.withdrawn]).to.deep.equal([1n, true, 2n, false]);
  });
});

describe("DocumentRegistry: chooseVersion", () => {
  /** Versions 1 and 2 are published. */
  const twoVersions = async () => {
    const base = await published();
    await base.registry.connect(base.alice).publishVersion(...version(base.second));
    return base;
  };

  it("when the document is not published, it reverts with DocumentRegistryUnknownDocument", async () => {
    const { registry, alice } = await loadFixture(twoVersions);
    await expect(registry.connect(alice).chooseVersion(ethers.id("stray"), 1))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryUnknownDocument")
      .withArgs(ethers.id("stray"));
    expect(await registry.currentVersionOf(ethers.id("stray"))).to.equal(0);
  });

  it("when the caller is not the owner, it reverts with NotDocumentOwner", async () => {
    const { registry, mallory, document } = await loadFixture(twoVersions);
    await expect(registry.connect(mallory).chooseVersion(document, 1))
      .to.be.revertedWithCustomError(registry, "NotDocumentOwner")
      .withArgs(document, mallory.address);
  });

  it("when there is no such version, or it is withdrawn, it reverts with DocumentRegistryUnknownVersion", async () => {
    const { registry, alice, document, first } = await loadFixture(twoVersions);
    await expect(registry.connect(alice).chooseVersion(document, 3))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryUnknownVersion")
      .withArgs(document, ethers.ZeroHash);
    const headerHash = await registry.headerHashOf(document, 1);
    expect(first.document).to.equal(document);
    await registry.connect(alice).withdrawVersion(document, headerHash);
    await expect(registry.connect(alice).chooseVersion(document, 1))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryUnknownVersion")
      .withArgs(document, headerHash);
  });

  it("when all is well, it rolls back and forward, and 0 means the newest", async () => {
    const { registry, alice, document } = await loadFixture(twoVersions);
    expect(await registry.currentVersionOf(document)).to.equal(2);
    await expect(registry.connect(alice).chooseVersion(document, 1)).to.emit(registry, "VersionChosen").withArgs(document, 1);
    expect(await registry.currentVersionOf(document)).to.equal(1);
    await registry.connect(alice).chooseVersion(document, 0);
    expect(await registry.currentVersionOf(document)).to.equal(2);
  });

  it("when a further version comes, the choice ends; without one nothing is said", async () => {
    const { registry, alice, document, key, first } = await loadFixture(twoVersions);
    await registry.connect(alice).chooseVersion(document, 1);
    await expect(registry.connect(alice).publishVersion(...version(sealVersion(key, first))))
      .to.emit(registry, "VersionChosen")
      .withArgs(document, 0);
    expect(await registry.currentVersionOf(document)).to.equal(3);
    await expect(registry.connect(alice).publishVersion(...version(sealVersion(key, first)))).to.not.emit(registry, "VersionChosen");
  });
});

describe("DocumentRegistry: movePermissions", () => {
  it("when the document is not published, it reverts with DocumentRegistryUnknownDocument", async () => {
    const { registry, alice } = await loadFixture(published);
    await expect(registry.connect(alice).movePermissions(ethers.id("stray"), OTHER))
      .to.be.revertedWithCustomError(registry, "DocumentRegistryUnknownDocument")
      .withArgs(ethers.id("stray"));
  });

  it("when the caller is not the owner, it reverts with NotDocumentOwner", async () => {
    const { registry, mallory, document } = await loadFixture(published);
    await expect(registry.connect(mallory).movePermissions(document, OTHER))
      .to.be.revertedWithCustomError(registry, "NotDocumentOwner")
      .withArgs(document, mallory.address);
  });

  it("when the new contract is the zero address, it reverts with DocumentRegistryNoPermissions", async () => {
    const { registry, alice, document } = await loadFixture(published);
    await expect(registry.connect(alice).movePermissions(document, ethers.ZeroAddress)).to.be.revertedWithCustomError(
      registry,
      "DocumentRegistryNoPermissions",
    );
  });

  it("when all is well, it changes permissionsOf, keeps initialPermissions, and emits PermissionsMoved", async () => {
    const { registry, alice, document } = await loadFixture(published);
    await expect(registry.connect(alice).movePermissions(document, OTHER))
      .to.emit(registry, "PermissionsMoved")
      .withArgs(document, PERMISSIONS, OTHER);
    const record = await registry.documentOf(document);
    expect([record.permissions, record.initialPermissions]).to.deep.equal([OTHER, PERMISSIONS]);
    expect(await registry.permissionsOf(document)).to.equal(OTHER);
    await expect(registry.connect(alice).movePermissions(document, PERMISSIONS))
      .to.emit(registry, "PermissionsMoved")
      .withArgs(document, OTHER, PERMISSIONS);
  });
});

describe("DocumentRegistry: views", () => {
  it("attack 27: documentIdOf and labelOf are those of PROTOCOL section 4.1 for random input", async () => {
    const { registry, registryAddress, chainId } = await loadFixture(published);
    const dice = rollDice("document ids");
    const address = (): string => ethers.getAddress(dice.hex(20));
    for (let i = 0; i < 50; i++) {
      const [owner, initialPermissions, salt, keyId] = [address(), address(), dice.hex(32), dice.hex(32)];
      const document = documentIdOf(owner, salt);
      expect(await registry.documentIdOf(owner, salt)).to.equal(document);
      const label = labelOf({ chainId, documentRegistry: registryAddress, keyId, document, owner, initialPermissions });
      expect(await registry.labelOf(keyId, document, owner, initialPermissions)).to.equal(label);
    }
  });

  it("everything is zero for what is not published", async () => {
    const { registry, first, second, document } = await loadFixture(published);
    const stray = ethers.id("stray");
    expect([...(await registry.documentOf(stray))]).to.deep.equal([
      ethers.ZeroAddress,
      0n,
      ethers.ZeroAddress,
      ethers.ZeroAddress,
      ethers.ZeroHash,
      ethers.ZeroHash,
    ]);
    expect(await registry.permissionsOf(stray)).to.equal(ethers.ZeroAddress);
    for (const [id, hash] of [
      [stray, first.headerHash],
      [document, second.headerHash],
    ] as const)
      expect([...(await registry.versionOf(id, hash))]).to.deep.equal([0n, false, 0n]);
    for (const [id, number] of [
      [stray, 1],
      [document, 0],
      [document, 2],
    ] as const)
      expect(await registry.headerHashOf(id, number)).to.equal(ethers.ZeroHash);
  });
});
