import { type Cid, createMemoryBlobStore } from "@keyquorum/blobs";
import type { KeyquorumClient } from "@keyquorum/client";
import { tdh2Hints, toXY } from "@keyquorum/threshold";
import { documentIdOf, type Hash32, headerHashOf, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { network } from "hardhat";
import { type ClientWorld, codeOf, contentSecretOf, deployClients } from "./clientFixture.ts";

const { ethers } = await network.create();
const SALT = ethers.id("a salt") as Hash32;

describe("client: documents", () => {
  let world: ClientWorld;
  let alice: KeyquorumClient;
  before(async () => {
    world = await deployClients(ethers);
    alice = world.asAlice;
  });

  const encrypt = (content: string, options: Parameters<KeyquorumClient["encryptDocument"]>[1] = {}) =>
    alice.encryptDocument(content, { keyId: world.keyId, ...options });
  const publish = async (content: string, options = {}) => alice.publish(await encrypt(content, options));
  /** What a reader who names this gets. */
  const readBy = async (source: Parameters<KeyquorumClient["describe"]>[0]): Promise<string> => {
    const { header } = await alice.describe(source);
    return (await alice.decryptDocument(source, contentSecretOf(world.key, header))).text();
  };
  const threeVersions = async () => {
    const first = await publish("one");
    const { document } = first;
    return { document, published: [first, await publish("two", { versionOf: document }), await publish("three", { versionOf: document })] };
  };

  describe("versions", () => {
    it("when a document has three versions, it should list them, the newest first, with what the chain says of each", async () => {
      const { document, published } = await threeVersions();
      const versions = await alice.versions(document);
      expect(versions.map(({ version, withdrawn, current }) => [version, withdrawn, current])).to.deep.equal([
        [3, false, true],
        [2, false, false],
        [1, false, false],
      ]);
      for (const [i, version] of versions.toReversed().entries()) {
        const { headerHash, cid, transaction } = published[i] ?? expect.fail();
        const block = await ethers.provider.getBlock(transaction.blockNumber);
        expect(version).to.deep.include({
          document,
          headerHash,
          cid,
          blockNumber: transaction.blockNumber,
          transactionHash: transaction.hash,
          publishedAt: block?.timestamp,
          author: parseAddress(world.alice.address),
        });
      }
      expect(await codeOf(() => alice.versions(documentIdOf(parseAddress(world.bob.address), SALT)))).to.equal("UNKNOWN_DOCUMENT");
    });

    it("when the owner rolls back, readers by id should get the chosen version, and the list should show it", async () => {
      const { document } = await threeVersions();
      expect(await readBy(document)).to.equal("three");
      await alice.rollBack(document, 1);
      expect(await readBy(document)).to.equal("one");
      expect(await readBy({ document, version: 3 })).to.equal("three");
      expect((await alice.versions(document)).map(({ current }) => current)).to.deep.equal([false, false, true]);
      const [listed] = await alice.listDocuments({ owner: world.alice.address });
      expect(listed).to.deep.include({ document, version: 1, latestVersion: 3, withdrawn: false });

      // when the owner chooses 0, it should be the newest again
      await alice.rollBack(document, 0);
      expect(await readBy(document)).to.equal("three");

      // when a further version is published, the choice should be over
      await alice.rollBack(document, 2);
      expect(await readBy(document)).to.equal("two");
      await publish("four", { versionOf: document });
      expect(await readBy(document)).to.equal("four");
    });

    it("when the current version is withdrawn, readers by id should get the newest that is not; when all are, nothing", async () => {
      const { document } = await threeVersions();
      await alice.rollBack(document, 1);
      await alice.withdraw(document, 1);
      expect(await readBy(document)).to.equal("three");
      await alice.withdraw(document, 3);
      expect(await readBy(document)).to.equal("two");
      expect(await codeOf(() => alice.describe({ document, version: 3 }))).to.equal("UNKNOWN_DOCUMENT");
      expect(await readBy({ document, version: 2 })).to.equal("two");
      await alice.withdraw(document, 2);
      expect(await codeOf(() => alice.describe(document))).to.equal("UNKNOWN_DOCUMENT");
      expect((await alice.versions(document)).every(({ withdrawn }) => withdrawn)).to.equal(true);
      expect(await codeOf(() => alice.withdraw(document, 2))).to.equal("TRANSACTION_REFUSED");
    });

    it("when the newest is withdrawn, readers by id should get the one before", async () => {
      const { document } = await threeVersions();
      await alice.withdraw(document, 3);
      expect(await readBy(document)).to.equal("two");
    });

    it("when somebody else rolls back or withdraws, it should be refused", async () => {
      const { document } = await threeVersions();
      expect(await codeOf(() => world.asMallory.rollBack(document, 1))).to.equal("TRANSACTION_REFUSED");
      expect(await codeOf(() => world.asMallory.withdraw(document, 3))).to.equal("TRANSACTION_REFUSED");
      expect(await readBy(document)).to.equal("three");
    });

    for (const version of [-1, 0.5, Number.NaN, 2 ** 32, "1" as never]) {
      it(`when the number is ${version}, it should be refused before a transaction`, async () => {
        expect(await codeOf(() => alice.rollBack(SALT, version))).to.equal("INVALID_VALUE");
        expect(await codeOf(() => alice.withdraw(SALT, version))).to.equal("INVALID_VALUE");
      });
    }

    it("when there is no such version, it should say so", async () => {
      const { document } = await publish("one");
      expect(await codeOf(() => alice.withdraw(document, 2))).to.equal("UNKNOWN_DOCUMENT");
      expect(await codeOf(() => alice.withdraw(document, 0))).to.equal("INVALID_VALUE");
      expect(await codeOf(() => alice.rollBack(document, 2))).to.equal("TRANSACTION_REFUSED");
    });
  });

  describe("list", () => {
    it("when it is asked to look into the store, it should show sizes, public metadata, and what is wrong with a ciphertext", async () => {
      const owner = world.alice.address;
      const shown = await publish("shown", { name: "rings.png", publicMetadata: true });
      const hidden = await publish("hidden", { name: "secret.txt" });
      const gone = await publish("gone");
      await world.blocks.store.remove(gone.cid);
      const [third, second, first] = await alice.listDocuments({ owner, limit: 3, withContent: true });
      expect(third).to.deep.include({ document: gone.document, stored: { isThere: false, reason: "BLOB_NOT_FOUND" } });
      expect(second?.document).to.equal(hidden.document);
      expect(second?.stored).to.deep.equal({ isThere: true, envelopeBytes: await world.blocks.store.size(hidden.cid) });
      expect(first?.document).to.equal(shown.document);
      expect(first?.stored).to.deep.equal({
        isThere: true,
        envelopeBytes: await world.blocks.store.size(shown.cid),
        publicMetadata: { kind: "text", name: "rings.png", size: 5 },
      });
      const [plain] = await alice.listDocuments({ owner });
      expect(plain).to.not.have.property("stored");
    });
  });

  it("when somebody publishes under bytes that are no content id, lists should continue, and say so (attack)", async () => {
    const made = await world.asMallory.encryptDocument("x", { keyId: world.keyId });
    const seal = await publish("fine");
    const { u, uBar, e, f } = made.header.ciphertext;
    const hints = tdh2Hints(made.header.ciphertext);
    const points = { fGBar: toXY(hints.fGBar), eUBar: toXY(hints.eUBar), inverse: hints.inverse };
    const ciphertext = { u: toXY(u), uBar: toXY(uBar), e, f };
    await world.registry.connect(world.mallory).publish(made.salt, made.keyId, made.initialPermissions, ciphertext, points, "0x00ff");
    const [odd, fine] = await alice.listDocuments({ limit: 2, withContent: true });
    expect(odd).to.deep.include({ document: made.document, cid: undefined, stored: { isThere: false, reason: "INVALID_CID" } });
    expect(fine?.document).to.equal(seal.document);
    expect((await alice.versions(made.document))[0]).to.deep.include({ version: 1, cid: undefined });
    expect(await codeOf(() => alice.describe(made.document))).to.equal("INVALID_CID");
    const report = await world.asMallory.deleteDocument(made.document);
    expect(report.steps.map(({ step }) => step)).to.deep.equal(["withdrawn"]);
  });

  describe("permissions", () => {
    it("when they are moved to a contract, it should count from then on", async () => {
      const { document } = await publish("x");
      const other = await (await ethers.deployContract("AccessGrants", [world.registryAddress])).getAddress();
      await alice.movePermissions(document, other);
      expect((await alice.describe(document)).permissions).to.equal(parseAddress(other));
    });

    it("when they are moved to no contract or to an account, it should be refused unless it is forced", async () => {
      const { document } = await publish("x");
      const nobody = parseAddress("0x00000000000000000000000000000000000000fe");
      const delegated = "0x00000000000000000000000000000000000000fd";
      await ethers.provider.send("hardhat_setCode", [delegated, `0xef0100${"11".repeat(20)}`]);
      expect(await codeOf(() => alice.movePermissions(document, nobody))).to.equal("NOT_A_CONTRACT");
      expect(await codeOf(() => alice.movePermissions(document, world.bob.address))).to.equal("NOT_A_CONTRACT");
      expect(await codeOf(() => alice.movePermissions(document, delegated))).to.equal("NOT_A_CONTRACT");
      expect(await codeOf(() => alice.movePermissions(document, ethers.ZeroAddress, { force: true }))).to.equal("INVALID_VALUE");
      expect(await codeOf(() => alice.movePermissions(document, "0x12"))).to.equal("INVALID_VALUE");
      expect((await alice.describe(document)).permissions).to.equal(parseAddress(await world.grants.getAddress()));
      await alice.movePermissions(document, nobody, { force: true });
      expect((await alice.describe(document)).permissions).to.equal(nobody);
      expect(await codeOf(() => world.asMallory.movePermissions(document, world.registryAddress))).to.equal("TRANSACTION_REFUSED");
    });
  });

  describe("delete", () => {
    const granted = async () => {
      const { document, published } = await threeVersions();
      const readers = Array.from({ length: 130 }, (_, i) => ethers.getAddress(`0x${(i + 1).toString(16).padStart(40, "0")}`));
      await alice.grantMany(document, readers);
      await alice.revoke(document, readers[0] ?? "");
      await alice.appoint(document, world.bob.address);
      await alice.delegate(document, world.mallory.address);
      return { document, cids: published.map(({ cid }) => cid) };
    };
    const canRead = (document: string, account: string): Promise<boolean> => world.grants.checkPermissions(account, document);
    const reader = (i: number): string => ethers.getAddress(`0x${(i + 1).toString(16).padStart(40, "0")}`);

    it("when the owner deletes, nobody else should read and nothing should be in the store; again, nothing should happen", async () => {
      const { document, cids } = await granted();
      expect(await canRead(document, reader(5))).to.equal(true);
      expect(await canRead(document, world.mallory.address)).to.equal(true);
      const told: unknown[] = [];
      const report = await alice.deleteDocument(document, { onProgress: (step) => told.push(step) });
      expect(report.steps).to.deep.equal(told);
      expect(report.steps.map(({ step, done, total }) => [step, done, total])).to.deep.equal([
        ["withdrawn", 1, 3],
        ["withdrawn", 2, 3],
        ["withdrawn", 3, 3],
        ["dismissed", 1, 1],
        ["revoked", 100, 129],
        ["revoked", 129, 129],
        ["delegationEnded", 1, 1],
        ["removed", 1, 3],
        ["removed", 2, 3],
        ["removed", 3, 3],
      ]);
      expect(report.transactions).to.have.length(7);
      expect(report.cannotPromise).to.have.length(3);
      for (const i of [0, 5, 129]) expect(await canRead(document, reader(i))).to.equal(false);
      for (const { address } of [world.mallory, world.bob]) expect(await canRead(document, address)).to.equal(false);
      for (const cid of cids) expect(await world.blocks.store.has(cid)).to.equal(false);
      expect(await codeOf(() => alice.describe(document))).to.equal("UNKNOWN_DOCUMENT");

      const again = await alice.deleteDocument(document);
      expect(again.transactions).to.deep.equal([]);
      expect(again.steps.map(({ step }) => step)).to.deep.equal(["removed", "removed", "removed"]);
    });

    it("when it is stopped halfway, the same call should continue with what is left", async () => {
      const { document, cids } = await granted();
      const stopping = new AbortController();
      let steps = 0;
      const onProgress = (): void => {
        steps += 1;
        if (steps === 5) stopping.abort(new Error("the lights went out"));
      };
      expect(await alice.deleteDocument(document, { onProgress, signal: stopping.signal }).catch((error: Error) => error.message)).to.equal(
        "the lights went out",
      );
      expect(steps).to.equal(5);
      const rest = await alice.deleteDocument(document);
      expect(rest.steps.map(({ step, total }) => [step, total])).to.deep.equal([
        ["revoked", 29],
        ["delegationEnded", 1],
        ["removed", 3],
        ["removed", 3],
        ["removed", 3],
      ]);
      for (const cid of cids) expect(await world.blocks.store.has(cid)).to.equal(false);
    });

    it("when a document names another's ciphertext, that should stay in the store", async () => {
      const victim = await publish("keep me");
      const encrypted = await encrypt("delete me");
      // The node, or the owner's own earlier mistake: the registry says that this document's ciphertext is the victim's.
      const published = await alice.publish({ ...encrypted, cid: victim.cid });
      expect(published.cid).to.equal(victim.cid);
      const report = await alice.deleteDocument(published.document);
      expect(report.steps.map(({ step }) => step)).to.deep.equal(["withdrawn", "kept"]);
      expect(await readBy(victim.document)).to.equal("keep me");
    });

    it("when somebody else deletes, or there is nothing, it should be refused before a transaction", async () => {
      const { document, cid } = await publish("mine");
      const before = await ethers.provider.getTransactionCount(world.mallory.address);
      expect(await codeOf(() => world.asMallory.deleteDocument(document))).to.equal("INVALID_VALUE");
      expect(await codeOf(() => alice.deleteDocument(documentIdOf(parseAddress(world.alice.address), SALT)))).to.equal("UNKNOWN_DOCUMENT");
      expect(await ethers.provider.getTransactionCount(world.mallory.address)).to.equal(before);
      expect(await world.blocks.store.has(cid)).to.equal(true);
    });

    it("when the document is not published, its grants should be revoked and its ciphertexts removed, and it should say what is left", async () => {
      const encrypted = await encrypt("gas-free");
      const cid = await alice.store(encrypted);
      const other = await publish("another");
      await alice.claim(encrypted.salt);
      await alice.grant(encrypted.document, world.bob.address);
      const report = await alice.deleteDocument(encrypted.document, { cids: [cid, other.cid] });
      expect(report.steps.map((step) => [step.step, "cid" in step ? step.cid : undefined])).to.deep.equal([
        ["revoked", undefined],
        ["removed", cid],
        ["kept", other.cid],
      ]);
      expect(report.cannotPromise).to.have.length(4);
      expect(await codeOf(() => alice.deleteDocument(encrypted.document, { cids: ["bafy"] }))).to.equal("INVALID_CID");
      expect(await canRead(encrypted.document, world.bob.address)).to.equal(false);
    });

    it("when another contract permits reading, it should say that its grants were not touched", async () => {
      const { document } = await publish("x", { permissions: world.registryAddress });
      expect((await alice.deleteDocument(document)).cannotPromise).to.have.length(4);
    });
  });

  describe("upload", () => {
    it("when a document is stored twice and published, it should be encrypted once", async () => {
      const encrypted = await encrypt("once");
      const told: unknown[] = [];
      const cid = await alice.store(encrypted, { onProgress: (bytes, total) => told.push([bytes, total]) });
      expect(told.at(-1)).to.deep.equal([encrypted.envelopeBytes, encrypted.envelopeBytes]);
      expect(await alice.store(encrypted)).to.equal(cid);
      const { puts } = world.blocks.state;
      expect((await alice.publish(encrypted)).cid).to.equal(cid);
      expect(world.blocks.state.puts).to.equal(puts);
    });

    it("when the same document is published again, it should be done already, and paid for once: also a further version", async () => {
      const encrypted = await encrypt("once");
      const first = await alice.publish(encrypted);
      expect(await alice.publish(encrypted)).to.deep.equal(first);
      const second = await alice.encryptDocument("twice", { keyId: world.keyId, versionOf: first.document });
      const version = await alice.publish(second);
      expect(await alice.publish(second)).to.deep.equal(version);
      expect((await alice.versions(first.document)).map((one) => one.version)).to.deep.equal([2, 1]);
      await alice.withdraw(first.document, 1);
      expect(await codeOf(() => alice.publish(encrypted)), "withdrawn for good").to.equal("TRANSACTION_REFUSED");
    });

    it("when storing fails, the same ciphertext cannot be made again, and it should say so", async () => {
      const encrypted = await encrypt("once");
      world.blocks.state.failPutsAfter = world.blocks.state.puts;
      expect(await codeOf(() => alice.store(encrypted))).to.equal("PART_FAILED");
      world.blocks.state.failPutsAfter = Number.POSITIVE_INFINITY;
      expect(await codeOf(() => alice.store(encrypted))).to.equal("INVALID_VALUE");
    });

    it("when it is stored, it should be copied whole to another store", async () => {
      const { cid, document } = await publish("travels");
      const to = createMemoryBlobStore();
      const { bytes, totalBytes, copiedBlocks } = await alice.upload(cid, { to });
      expect([bytes, copiedBlocks]).to.deep.equal([totalBytes, 1]);
      expect(await to.has(cid)).to.equal(true);
      expect((await alice.upload(cid, { to })).copiedBlocks).to.equal(0);
      expect(headerHashOf((await alice.describe(document)).header)).to.be.a("string");
      expect(await codeOf(() => alice.upload("bafy", { to }))).to.equal("INVALID_CID");
      const unknown = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e" as Cid;
      expect(await codeOf(() => alice.upload(unknown, { to }))).to.equal("BLOB_NOT_FOUND");
    });
  });
});
