import { backend, CURVE_ORDER, FIELD_PRIME, G } from "@keyquorum/threshold";
import { expect } from "chai";
import { network } from "hardhat";
import { dealKey, keyRecord } from "../../fixtures/dealtKey.ts";
import { BAD_POINTS, BAD_PROOF_SCALARS, solidityPoint } from "../../fixtures/points.ts";
import { labelOf } from "../../fixtures/sealedHeader.ts";
import { CID, deployDocuments, type Place, publication, sealDocument } from "./documentFixture.ts";

const { ethers, networkHelpers } = await network.create();
const { loadFixture } = networkHelpers;

const PERMISSIONS = ethers.getAddress("0x00000000000000000000000000000000000000aa");
const OTHER = ethers.getAddress("0x00000000000000000000000000000000000000bb");

/** Alice has sealed a document and not published it. */
const sealed = async () => {
  const base = await deployDocuments(ethers);
  const place: Place = { ...base, owner: base.alice.address, initialPermissions: PERMISSIONS };
  return { ...base, place, sealed: sealDocument(place) };
};
type Base = Awaited<ReturnType<typeof sealed>>;

/** Alice publishes it, with any argument replaced. */
const publish = ({ registry, alice, sealed }: Base, header: Partial<typeof sealed.header> = {}, cid = CID) =>
  registry.connect(alice).publish(...publication({ ...sealed, header: { ...sealed.header, ...header } }, cid));

const words = ({ x, y }: { x: bigint; y: bigint }): [bigint, bigint] => [x, y];

describe("DocumentRegistry: publish", () => {
  it("when the document is published already, it reverts with DocumentRegistryAlreadyPublished", async () => {
    const base = await loadFixture(sealed);
    await publish(base);
    const again = sealDocument({ ...base.place, salt: base.sealed.salt });
    await expect(base.registry.connect(base.alice).publish(...publication(again)))
      .to.be.revertedWithCustomError(base.registry, "DocumentRegistryAlreadyPublished")
      .withArgs(base.sealed.document);
  });

  it("when the permissions contract is the zero address, it reverts with DocumentRegistryNoPermissions", async () => {
    const base = await loadFixture(sealed);
    const nobody = sealDocument({ ...base.place, initialPermissions: ethers.ZeroAddress });
    await expect(base.registry.connect(base.alice).publish(...publication(nobody))).to.be.revertedWithCustomError(
      base.registry,
      "DocumentRegistryNoPermissions",
    );
  });

  for (const length of [0, 129])
    it(`when the content id has ${length} bytes, it reverts with DocumentRegistryBadCid`, async () => {
      const base = await loadFixture(sealed);
      await expect(publish(base, {}, `0x${"01".repeat(length)}`))
        .to.be.revertedWithCustomError(base.registry, "DocumentRegistryBadCid")
        .withArgs(length);
    });

  it("when the key is unknown, it reverts with UnusableKey", async () => {
    const base = await loadFixture(sealed);
    const key = dealKey({ keyId: ethers.id("unknown") });
    await expect(base.registry.connect(base.alice).publish(...publication(sealDocument({ ...base.place, key }))))
      .to.be.revertedWithCustomError(base.registry, "UnusableKey")
      .withArgs(key.keyId);
  });

  it("when the key is not active, it reverts with UnusableKey", async () => {
    const base = await loadFixture(sealed);
    await base.keyGeneration.setKey(base.key.keyId, keyRecord(base.key, { activeEpoch: 0 }));
    await expect(publish(base)).to.be.revertedWithCustomError(base.registry, "UnusableKey");
  });

  for (const [purpose, name] of [
    [1, "Schnorr"],
    [2, "Ecdsa"],
    [3, "Ibe"],
  ] as const)
    it(`when the key's purpose is ${name}, it reverts with UnusableKey`, async () => {
      const base = await loadFixture(sealed);
      await base.keyGeneration.setKey(base.key.keyId, keyRecord(base.key, { purpose }));
      await expect(publish(base)).to.be.revertedWithCustomError(base.registry, "UnusableKey");
    });

  for (const field of ["u", "uBar"] as const)
    for (const [name, point] of BAD_POINTS)
      it(`attacks 25, 26: when ${field} is ${name}, it reverts with DocumentRegistryInvalidHeader`, async () => {
        const base = await loadFixture(sealed);
        const ciphertext = { ...base.sealed.header.ciphertext, [field]: point };
        await expect(publish(base, { ciphertext }))
          .to.be.revertedWithCustomError(base.registry, "DocumentRegistryInvalidHeader")
          .withArgs(labelOf(base.sealed.names));
      });

  for (const field of ["e", "f"] as const)
    for (const [name, change] of BAD_PROOF_SCALARS)
      it(`attacks 28, 39: when ${field} is ${name}, it reverts with DocumentRegistryInvalidHeader`, async () => {
        const base = await loadFixture(sealed);
        const { ciphertext } = base.sealed.header;
        await expect(publish(base, { ciphertext: { ...ciphertext, [field]: change(ciphertext[field]) } })).to.be.revertedWithCustomError(
          base.registry,
          "DocumentRegistryInvalidHeader",
        );
      });

  it("attack 39: e and f are below n, so that one proof has one header hash", async () => {
    const base = await loadFixture(sealed);
    const { ciphertext } = base.sealed.header;
    for (const field of ["e", "f"] as const) {
      if (ciphertext[field] + CURVE_ORDER >= 2n ** 256n) continue; // not writable in a word at all
      const call = publish(base, { ciphertext: { ...ciphertext, [field]: ciphertext[field] + CURVE_ORDER } });
      await expect(call).to.be.revertedWithCustomError(base.registry, "DocumentRegistryInvalidHeader");
    }
  });

  for (const [name, change] of [
    ["fGBar is infinity", { fGBar: { x: 0n, y: 0n } }],
    ["eUBar is infinity", { eUBar: { x: 0n, y: 0n } }],
    ["fGBar is another point", { fGBar: solidityPoint(G) }],
    ["eUBar is another point", { eUBar: solidityPoint(G) }],
    ["the inverse is zero", { inverse: 0n }],
    ["the inverse is wrong", { inverse: 1n }],
  ] as const)
    it(`attack 40: when ${name}, it reverts with DocumentRegistryInvalidHeader`, async () => {
      const base = await loadFixture(sealed);
      await expect(publish(base, { hints: { ...base.sealed.header.hints, ...change } })).to.be.revertedWithCustomError(
        base.registry,
        "DocumentRegistryInvalidHeader",
      );
    });

  it("attack 40: two equal hints with the inverse of zero are refused", async () => {
    const base = await loadFixture(sealed);
    const { fGBar } = base.sealed.header.hints;
    for (const inverse of [0n, 1n, FIELD_PRIME])
      await expect(publish(base, { hints: { fGBar, eUBar: fGBar, inverse } })).to.be.revertedWithCustomError(
        base.registry,
        "DocumentRegistryInvalidHeader",
      );
  });

  it("attack 1: a mauled header, U + aG, is refused", async () => {
    const base = await loadFixture(sealed);
    const { ciphertext } = base.sealed.header;
    const u = solidityPoint(base.sealed.header.own.u.add(backend.mulG(5n)));
    await expect(publish(base, { ciphertext: { ...ciphertext, u } })).to.be.revertedWithCustomError(
      base.registry,
      "DocumentRegistryInvalidHeader",
    );
  });

  for (const [name, change] of [
    ["another chain", { chainId: 1n }],
    ["another registry", { registryAddress: OTHER }],
    ["another owner", { owner: OTHER }],
    ["another permissions contract", { initialPermissions: OTHER }],
    ["another salt", { salt: ethers.id("other") }],
    ["another key", { key: dealKey({ keyId: ethers.id("another key") }) }],
  ] as const)
    it(`attack 29: a header made for ${name} is refused`, async () => {
      const base = await loadFixture(sealed);
      const foreign = sealDocument({ ...base.place, salt: base.sealed.salt, ...change });
      const { ciphertext, hints } = foreign.header;
      await expect(publish(base, { ciphertext, hints })).to.be.revertedWithCustomError(base.registry, "DocumentRegistryInvalidHeader");
    });

  it("attack 29: a publication taken on one chain is refused by the same registry on another", async () => {
    const base = await loadFixture(sealed);
    const fork = await network.create({ override: { chainId: 31338 } });
    const twin = await deployDocuments(fork.ethers);
    await twin.keyGeneration.setKey(base.key.keyId, keyRecord(base.key));
    expect([twin.registryAddress, twin.alice.address]).to.deep.equal([base.registryAddress, base.alice.address]);
    await expect(twin.registry.connect(twin.alice).publish(...publication(base.sealed))).to.be.revertedWithCustomError(
      twin.registry,
      "DocumentRegistryInvalidHeader",
    );
    await expect(publish(base)).to.emit(base.registry, "DocumentPublished");
  });

  it("attack 2: a header copied under the copier's permissions contract is refused, from every account", async () => {
    const base = await loadFixture(sealed);
    const copy = { ...base.sealed, names: { ...base.sealed.names, initialPermissions: OTHER } };
    for (const caller of [base.mallory, base.alice])
      await expect(base.registry.connect(caller).publish(...publication(copy))).to.be.revertedWithCustomError(
        base.registry,
        "DocumentRegistryInvalidHeader",
      );
    const underOwnName = base.registry.connect(base.mallory).publish(...publication(base.sealed));
    await expect(underOwnName).to.be.revertedWithCustomError(base.registry, "DocumentRegistryInvalidHeader");
  });

  it("attack 3: when mallory publishes what she saw in alice's transaction, first, mallory's reverts and alice's succeeds", async () => {
    const base = await loadFixture(sealed);
    const args = publication(base.sealed);
    await ethers.provider.send("evm_setAutomine", [false]);
    try {
      const hers = await base.registry.connect(base.alice).publish(...args, { gasLimit: 1_000_000, maxPriorityFeePerGas: 1n });
      const copy = await base.registry
        .connect(base.mallory)
        .publish(...args, { gasLimit: 1_000_000, maxPriorityFeePerGas: 10n ** 9n, maxFeePerGas: 10n ** 11n });
      await networkHelpers.mine();
      const [first, second] = await Promise.all([copy, hers].map(({ hash }) => ethers.provider.getTransactionReceipt(hash)));
      expect([first?.blockNumber, first?.index, first?.status]).to.deep.equal([second?.blockNumber, 0, 0]);
      expect([second?.index, second?.status]).to.deep.equal([1, 1]);
    } finally {
      await ethers.provider.send("evm_setAutomine", [true]);
    }
    expect((await base.registry.documentOf(base.sealed.document)).owner).to.equal(base.alice.address);
  });

  it("attack 3: mallory may use alice's salt, for a document of her own", async () => {
    const base = await loadFixture(sealed);
    const own = sealDocument({ ...base.place, owner: base.mallory.address, salt: base.sealed.salt });
    await base.registry.connect(base.mallory).publish(...publication(own));
    await publish(base);
    expect(own.document).to.not.equal(base.sealed.document);
    expect((await base.registry.documentOf(base.sealed.document)).owner).to.equal(base.alice.address);
  });

  it("when all is well, it stores the document and its version 1, and emits DocumentPublished", async () => {
    const base = await loadFixture(sealed);
    const { document, salt, headerHash, header } = base.sealed;
    const { ciphertext } = header;
    const now = BigInt(await networkHelpers.time.latest()) + 10n;
    await networkHelpers.time.setNextBlockTimestamp(now);
    await expect(publish(base))
      .to.emit(base.registry, "DocumentPublished")
      .withArgs(
        document,
        base.alice,
        base.key.keyId,
        1,
        salt,
        PERMISSIONS,
        headerHash,
        [words(ciphertext.u), words(ciphertext.uBar), ciphertext.e, ciphertext.f],
        CID,
      );
    const record = [...(await base.registry.documentOf(document))];
    expect(record).to.deep.equal([base.alice.address, 1n, PERMISSIONS, PERMISSIONS, base.key.keyId, salt]);
    expect([...(await base.registry.versionOf(document, headerHash))]).to.deep.equal([1n, false, now]);
    expect(await base.registry.headerHashOf(document, 1)).to.equal(headerHash);
    expect(await base.registry.permissionsOf(document)).to.equal(PERMISSIONS);
  });

  it("when all is well, it takes a content id of exactly 128 bytes, and of one", async () => {
    const base = await loadFixture(sealed);
    await expect(publish(base, {}, `0x${"01".repeat(128)}`)).to.emit(base.registry, "DocumentPublished");
    const second = sealDocument(base.place);
    await expect(base.registry.connect(base.alice).publish(...publication(second, "0x01"))).to.emit(base.registry, "DocumentPublished");
  });

  it("prints the gas of publish and publishVersion", async () => {
    const base = await loadFixture(sealed);
    const cid = `0x${"01".repeat(36)}`;
    const first = await (await publish(base, {}, cid)).wait();
    const { header } = sealDocument({ ...base.place, salt: base.sealed.salt });
    const further = base.registry.connect(base.alice).publishVersion(base.sealed.document, header.ciphertext, header.hints, cid);
    const second = await (await further).wait();
    console.log(`      gas of publish: ${first?.gasUsed}; of publishVersion: ${second?.gasUsed}`);
    expect(first?.gasUsed).to.be.lessThan(270_000n);
    expect(second?.gasUsed).to.be.lessThan(150_000n);
  });
});
