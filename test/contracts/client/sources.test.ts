import { cidToBytes, createBlobStore, createMemoryBlobStore, createMemoryBlocks } from "@keyquorum/blobs";
import {
  createClient,
  type DocumentCardBody,
  type DocumentSource,
  encryptOffline,
  type KeyquorumClient,
  loadEncrypted,
  parseKeyFile,
  signAuthorship,
} from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { backend, randomScalar } from "@keyquorum/threshold";
import { authorshipTypedData, bytesToHex, hexToBytes, parseAddress, sealEnvelope } from "@keyquorum/wire";
import { expect } from "chai";
import { network } from "hardhat";
import { rollDice } from "../../random/dice.ts";
import { type ClientWorld, codeOf, contentSecretOf, countedBlocks, deployClients } from "./clientFixture.ts";

const dice = rollDice("contracts/client/sources");

const { ethers } = await network.create();

const someBytes = (length: number): Uint8Array => new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff);
async function* inPieces(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
const readAll = async (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Uint8Array.from(Buffer.concat(pieces));
};

describe("client: sources of documents", () => {
  let world: ClientWorld;
  let alice: KeyquorumClient;
  let bob: KeyquorumClient;
  before(async () => {
    world = await deployClients(ethers);
    ({ asAlice: alice, asBob: bob } = world);
  });
  const encrypt = (content: string | Uint8Array, options: Parameters<KeyquorumClient["encryptDocument"]>[1] = {}) =>
    alice.encryptDocument(content, { keyId: world.keyId, ...options });
  const publish = async (content: string | Uint8Array, options = {}) => alice.publish(await encrypt(content, options));
  const bytesOf = (cid: string): Promise<Uint8Array> => readAll(world.blocks.store.get(cid));

  describe("describe", () => {
    it("when it is published, it should say so and that the owner vouches for it: by id, by content id and by bytes", async () => {
      const { document, cid, headerHash } = await publish("mine", { name: "well.txt", publicMetadata: true });
      const envelope = await bytesOf(cid);
      const sources: readonly DocumentSource[] = [
        document,
        { document, version: 1 },
        { cid },
        { envelope },
        { envelope: new Blob([Uint8Array.from(envelope)]) },
        { envelope: () => inPieces(envelope, 100) },
      ];
      for (const source of sources) {
        const found = await bob.describe(source);
        expect(found).to.deep.include({
          headerHash,
          cid,
          author: "verified",
          publicMetadata: { kind: "text", name: "well.txt", size: 4 },
          permissions: parseAddress(await world.grants.getAddress()),
        });
        expect(found.published).to.deep.include({ version: 1, cid, withdrawn: false, current: true });
        const opened = await bob.decryptDocument(source, contentSecretOf(world.key, found.header));
        // Bytes of the caller's own are vouched for by nothing unless somebody reads all of them first.
        expect(opened.author).to.equal(typeof source === "object" && "envelope" in source ? "unverified" : "verified");
        expect(await opened.text()).to.equal("mine");
      }
    });

    it("when it was withdrawn or rolled back, it should say so", async () => {
      const first = await publish("one");
      await publish("two", { versionOf: first.document });
      expect((await bob.describe({ cid: first.cid })).published).to.deep.include({ version: 1, withdrawn: false, current: false });
      await alice.rollBack(first.document, 1);
      expect((await bob.describe({ cid: first.cid })).published).to.deep.include({ withdrawn: false, current: true });
      await alice.withdraw(first.document, 1);
      expect(await bob.describe({ cid: first.cid })).to.deep.include({ author: "verified" });
      expect((await bob.describe({ cid: first.cid })).published).to.deep.include({ withdrawn: true });
    });

    it("when a reader puts another body behind a published header, it should be unverified (attack)", async () => {
      const { document } = await publish("pay bob");
      const { header } = await bob.describe(document);
      // Bob may read, so he knows the content secret: he can seal what he likes under alice's header.
      const forged = await readAll(
        sealEnvelope({
          header,
          contentSecret: contentSecretOf(world.key, header),
          metadata: { kind: "text", name: "order.txt" },
          isMetadataPublic: true,
          content: inPieces(new TextEncoder().encode("pay mallory")),
          cipher: nodeChunkCipher,
        }),
      );
      const cid = await world.blocks.store.add(inPieces(forged));
      const found = await bob.describe({ cid });
      expect(found.author).to.equal("unverified");
      expect(found.published?.cid).to.not.equal(cid);
      expect((await bob.describe({ envelope: forged })).author).to.equal("unverified");
      const opened = await bob.decryptDocument({ cid }, contentSecretOf(world.key, header));
      expect(opened.author).to.equal("unverified");
      expect(await opened.text()).to.equal("pay mallory");
      expect(await (await bob.decryptDocument(document, contentSecretOf(world.key, header))).text()).to.equal("pay bob");
    });

    it("when somebody makes a document in another's name, it should be unverified (attack)", async () => {
      const forged = await world.asMallory.encryptDocument("alice says hello", { keyId: world.keyId, owner: world.alice.address });
      const cid = await world.asMallory.store(forged);
      const found = await bob.describe({ cid });
      expect(found.header.owner).to.equal(parseAddress(world.alice.address));
      expect(found.author).to.equal("unverified");
      expect(found).to.not.have.property("published");
      expect(await codeOf(() => world.asMallory.publish(forged))).to.equal("INVALID_VALUE");
      expect(await codeOf(() => world.asMallory.signAuthorship(forged, cid))).to.equal("INVALID_VALUE");
    });

    it("when the header's proof is wrong or it is of another chain, it should be refused", async () => {
      const { cid } = await publish("x");
      const envelope = await bytesOf(cid);
      const changed = Uint8Array.from(envelope);
      changed[5 + 32 + 20 + 32 + 32 + 20 + 3] = (changed[5 + 32 + 20 + 32 + 32 + 20 + 3] ?? 0) ^ 1; // the salt
      expect(await codeOf(() => bob.describe({ envelope: changed }))).to.equal("INVALID_HEADER");
      const elsewhere = Uint8Array.from(envelope);
      elsewhere[5 + 31] = (elsewhere[5 + 31] ?? 0) ^ 1; // the chain id
      expect(await codeOf(() => bob.describe({ envelope: elsewhere }))).to.equal("WRONG_CHAIN");
    });
  });

  describe("cards", () => {
    const unpublished = async (owner = alice) => {
      const encrypted = await owner.encryptDocument("gas-free", { keyId: world.keyId });
      const cid = await owner.store(encrypted);
      return { encrypted, cid, card: await owner.signAuthorship(encrypted, cid) };
    };

    it("when the owner signs, a reader who has the card should find the document and its author verified", async () => {
      const { encrypted, cid, card } = await unpublished();
      const source = { card: JSON.parse(JSON.stringify(card)) as unknown };
      const found = await bob.describe(source);
      expect(found).to.deep.include({ cid, author: "verified", headerHash: encrypted.headerHash });
      expect(found).to.not.have.property("published");
      const opened = await bob.decryptDocument(source, contentSecretOf(world.key, encrypted.header));
      expect([await opened.text(), opened.author]).to.deep.equal(["gas-free", "verified"]);
      expect((await bob.describe({ cid })).author).to.equal("unverified"); // without the card
    });

    it("when the owner is a contract account, its word should count: ERC-1271", async () => {
      const wallet = await ethers.deployContract("OwnerWallet", [world.alice.address]);
      const owner = parseAddress(await wallet.getAddress());
      const key = await alice.exportKey(world.keyId);
      const encrypted = encryptOffline("of a wallet", key, { owner });
      const cid = await alice.store(encrypted);
      const domain = { chainId: world.chainId, shareRequests: parseAddress(key.shareRequests) };
      const typed = authorshipTypedData(domain, { headerHash: encrypted.headerHash, cid: cidToBytes(cid) });
      const sign = (signer: typeof world.alice): Promise<string> => signer.signTypedData(typed.domain, typed.types, typed.message);
      const cardWith = (signature: string): DocumentCardBody => ({
        format: "keyquorum-document",
        version: 1,
        chainId: key.chainId,
        documentRegistry: key.documentRegistry,
        shareRequests: key.shareRequests,
        document: encrypted.document,
        headerHash: encrypted.headerHash,
        cid: bytesToHex(cidToBytes(cid)),
        owner,
        salt: encrypted.salt,
        signature: signature as `0x${string}`,
      });
      expect((await bob.describe({ card: cardWith(await sign(world.alice)) })).author).to.equal("verified");
      expect((await bob.describe({ card: cardWith(await sign(world.mallory)) })).author).to.equal("unverified");
      expect((await bob.describe({ card: cardWith("0x01") })).author).to.equal("unverified");
    });

    it("when the owner has no contract and the signature is another's, it should be unverified", async () => {
      const { encrypted, cid, card } = await unpublished();
      const typed = authorshipTypedData(
        { chainId: world.chainId, shareRequests: parseAddress(card.shareRequests) },
        { headerHash: encrypted.headerHash, cid: cidToBytes(cid) },
      );
      const signature = (await world.mallory.signTypedData(typed.domain, typed.types, typed.message)) as `0x${string}`;
      expect((await bob.describe({ card: { ...card, signature } })).author).to.equal("unverified");
      const flipped = hexToBytes(card.signature);
      flipped[10] = (flipped[10] ?? 0) ^ 1;
      expect((await bob.describe({ card: { ...card, signature: bytesToHex(flipped) } })).author).to.equal("unverified");
    });

    it("when the card is of another ciphertext, header, chain or document, it should be refused", async () => {
      const { card } = await unpublished();
      const other = await unpublished();
      expect(await codeOf(() => bob.describe({ card: { ...card, cid: other.card.cid } }))).to.equal("INVALID_HEADER");
      expect(await codeOf(() => bob.describe({ card: { ...card, headerHash: other.card.headerHash } }))).to.equal("INVALID_HEADER");
      const named = { salt: other.card.salt, document: other.card.document }; // of the same owner, whose signature does not name the document
      expect(await codeOf(() => bob.describe({ card: { ...card, ...named } }))).to.equal("INVALID_HEADER");
      expect(await codeOf(() => bob.describe({ card: { ...card, chainId: "1" } }))).to.equal("WRONG_CHAIN");
      expect(await codeOf(() => bob.describe({ card: { ...card, shareRequests: card.owner } }))).to.equal("WRONG_CHAIN");
      expect(await codeOf(() => bob.describe({ card: { ...card, salt: other.card.salt } }))).to.equal("INVALID_CARD");
      expect(await codeOf(() => bob.describe({ card: "{}" }))).to.equal("INVALID_CARD");
      expect(await codeOf(() => bob.describe({ card: { ...card, cid: "0x00" } }))).to.equal("INVALID_CID");
    });
  });

  describe("parts", () => {
    const content = someBytes(3_000_000);
    let cid: string;
    let document: string;
    let secret: Uint8Array;
    before(async () => {
      ({ cid, document } = await publish(content));
      secret = contentSecretOf(world.key, (await alice.describe({ cid })).header);
    });

    it("when a part is read, only the blocks that hold it should be fetched", async () => {
      const { state } = world.blocks;
      const opened = await bob.decryptDocument({ cid }, secret);
      const fetchedBy = async (work: () => Promise<unknown>): Promise<{ gets: number; bytes: number }> => {
        const before = { ...state };
        await work();
        return { gets: state.gets - before.gets, bytes: state.bytes - before.bytes };
      };
      const first = await fetchedBy(async () => {
        expect(
          Buffer.compare(await opened.range({ offset: 2_000_000, length: 1_000 }).bytes(), content.subarray(2_000_000, 2_001_000)),
        ).to.equal(0);
      });
      // The root for the size, root and first leaf for the metadata, root and one leaf for the part: of 13 blocks and 3 MB.
      expect(first.gets).to.equal(5);
      expect(first.bytes).to.be.below(2 * 262_144 + 3 * 2_000);
      const second = await fetchedBy(() => opened.range({ offset: 1_000_000, length: 10 }).bytes());
      expect(second.gets).to.equal(2);
      expect(second.bytes).to.be.below(262_144 + 2_000);
      const whole = await fetchedBy(() => opened.bytes());
      expect(whole.bytes).to.be.above(2_500_000);
    });

    it("when a part is read by id, content id, bytes, Blob or stream, it should be the same", async () => {
      const envelope = await bytesOf(cid);
      const sources: readonly DocumentSource[] = [
        document as never,
        { cid },
        { envelope },
        { envelope: new Blob([Uint8Array.from(envelope)]) },
        { envelope: () => inPieces(envelope) },
      ];
      const ranges = [
        [0, 1],
        [0, 3_000_000],
        [16_370, 40],
        [2_999_999, 1],
        [3_000_000, 0],
        [1_234_567, 600_000],
      ] as const;
      for (const [i, source] of sources.entries()) {
        for (const [offset, length] of ranges) {
          const part = await (await bob.decryptRange(source, secret, { offset, length })).bytes();
          expect(Buffer.compare(part, content.subarray(offset, offset + length)), `${i}: ${offset}, ${length}`).to.equal(0);
        }
        expect(
          Buffer.compare(await (await bob.decryptRange(source, secret, { offset: 2_900_000 })).bytes(), content.subarray(2_900_000)),
        ).to.equal(0);
      }
    });

    for (const [what, range] of [
      ["begins behind the end", { offset: 3_000_001 }],
      ["ends behind the end", { offset: 2_999_000, length: 1_001 }],
      ["begins before the start", { offset: -1, length: 2 }],
      ["has a negative length", { offset: 1, length: -1 }],
      ["is not a number", { offset: Number.NaN }],
    ] as const) {
      it(`when a part ${what}, it should be refused, also by a stream`, async () => {
        const envelope = await bytesOf(cid);
        for (const source of [{ cid }, { envelope: () => inPieces(envelope) }]) {
          const part = await bob.decryptRange(source, secret, range);
          expect(await codeOf(() => part.bytes())).to.equal("INVALID_RANGE");
        }
      });
    }

    it("when a part is read twice, or is longer than allowed, it should say so", async () => {
      const part = await bob.decryptRange({ cid }, secret, { length: 100 });
      expect(await part.bytes()).to.have.length(100);
      expect(await codeOf(() => part.bytes())).to.equal("INVALID_VALUE");
      expect(await codeOf(async () => (await bob.decryptRange({ cid }, secret, { length: 100 })).bytes(99))).to.equal("CONTENT_TOO_LARGE");
    });

    it("when a block of the part is damaged, it should be refused, and other parts be readable", async () => {
      const blocks = createMemoryBlocks();
      const damaged = createClient({
        signer: world.bob,
        deployment: world.deployment,
        blobs: createBlobStore(blocks),
        cipher: nodeChunkCipher,
      });
      for (const [name, block] of world.blocks.storage.blocks) blocks.blocks.set(name, block);
      const some = Buffer.from((await bytesOf(cid)).subarray(2_004_000, 2_004_064));
      const victim = [...blocks.blocks].find(([, block]) => Buffer.from(block).includes(some));
      expect(victim).to.not.equal(undefined);
      blocks.blocks.set(victim?.[0] ?? "", new Uint8Array(262_144));
      expect(await codeOf(async () => (await damaged.decryptRange({ cid }, secret, { offset: 2_000_000, length: 10 })).bytes())).to.equal(
        "BLOB_CORRUPT",
      );
      expect(await (await damaged.decryptRange({ cid }, secret, { offset: 10, length: 10 })).bytes()).to.have.length(10);
    });
    it("when reading is aborted, it should stop with the caller's reason, and the next part be readable", async () => {
      const opened = await bob.decryptDocument({ cid }, secret);
      const aborted = AbortSignal.abort(new Error("enough"));
      const error = await opened
        .range({ length: 10, signal: aborted })
        .bytes()
        .catch((caught: Error) => caught.message);
      expect(error).to.equal("enough");
      expect(await opened.range({ length: 10 }).bytes()).to.have.length(10);
    });

    it("when all of it is read, it should tell how far it is", async () => {
      const told: (readonly [number, number | undefined])[] = [];
      const opened = await bob.decryptDocument({ cid }, secret, { onProgress: (bytes, total) => told.push([bytes, total]) });
      await opened.bytes();
      expect(told.length).to.be.above(10);
      expect(told.at(-1)).to.deep.equal([3_000_000, 3_000_000]);
    });
  });

  describe("upload", () => {
    it("when it is interrupted, the same call should continue, send only what is missing, and encrypt nothing again", async () => {
      const encrypted = await encrypt(someBytes(5_000_000));
      const cid = await alice.store(encrypted);
      const remote = countedBlocks();
      remote.state.failPutsAfter = 7;
      expect(await codeOf(() => alice.upload(cid, { to: remote.store }))).to.equal("PART_FAILED");
      expect(remote.state.puts).to.equal(7);
      expect(await remote.store.has(cid)).to.equal(false);
      remote.state.failPutsAfter = Number.POSITIVE_INFINITY;
      const told: number[] = [];
      const done = await alice.upload(cid, { to: remote.store, onProgress: ({ bytes }) => told.push(bytes) });
      expect(remote.state.puts).to.equal(done.blocks);
      expect(done.copiedBlocks).to.equal(done.blocks - 7);
      expect(told.at(-1)).to.equal(encrypted.envelopeBytes);
      expect(await remote.store.has(cid)).to.equal(true);
      expect(Buffer.compare(await readAll(remote.store.get(cid)), await bytesOf(cid))).to.equal(0);
      expect(await codeOf(() => readAll(encrypted.envelope))).to.equal("INVALID_VALUE"); // it was read once, by store
    });

    it("when it is aborted, it should stop with the caller's reason, and go on later", async () => {
      const cid = await alice.store(await encrypt(someBytes(3_000_000)));
      const remote = countedBlocks();
      const stopping = new AbortController();
      const onProgress = (): void => (remote.state.puts >= 3 ? stopping.abort(new Error("later")) : undefined);
      const error = await alice
        .upload(cid, { to: remote.store, signal: stopping.signal, onProgress })
        .catch((caught: Error) => caught.message);
      expect(error).to.equal("later");
      const { puts } = remote.state;
      expect(puts).to.be.above(2);
      const done = await alice.upload(cid, { to: remote.store });
      expect(remote.state.puts).to.equal(done.blocks);
    });
  });

  describe("offline", () => {
    it("when a key was exported, encrypting should need nothing else; publishing and reading should be possible later", async () => {
      const file = JSON.parse(JSON.stringify(await alice.exportKey(world.keyId))) as never;
      const key = parseKeyFile(file, { chainId: world.chainId });
      expect(key).to.deep.include({ threshold: world.key.threshold, keepers: world.key.shares.length });
      const made = encryptOffline({ json: { plan: "b" } }, file, { owner: world.alice.address, name: "plan.json", publicMetadata: true });
      const kept = await readAll(made.envelope); // a file on a stick
      const loaded = await alice.loadEncrypted({ envelope: kept });
      expect(loaded).to.deep.include({
        document: made.document,
        headerHash: made.headerHash,
        metadata: made.metadata,
        isMetadataPublic: true,
      });
      expect(loaded.envelopeBytes).to.equal(kept.length);
      const published = await alice.publish(loaded);
      const opened = await bob.decryptDocument(published.document, contentSecretOf(world.key, made.header));
      expect([await opened.json(), opened.author]).to.deep.equal([{ plan: "b" }, "verified"]);
    });

    it("when it is loaded from the store, publishing should not store it again", async () => {
      const cid = await alice.store(encryptOffline("x", await alice.exportKey(world.keyId), { owner: world.alice.address }));
      const loaded = await alice.loadEncrypted({ cid });
      expect(loaded).to.not.have.property("metadata");
      const { puts } = world.blocks.state;
      expect((await alice.publish(loaded)).cid).to.equal(cid);
      expect(world.blocks.state.puts).to.equal(puts);
    });

    it("when it is loaded without a network, its proof should be checked, and the owner be able to sign", async () => {
      const key = parseKeyFile(await alice.exportKey(world.keyId));
      const kept = await readAll(encryptOffline("never published", key, { owner: world.alice.address }).envelope);
      const loaded = await loadEncrypted(kept, key);
      const cid = await createMemoryBlobStore().add(loaded.envelope);
      const card = await signAuthorship({ signer: world.alice, domain: key }, loaded, cid);
      await world.blocks.store.add(loaded.envelope);
      expect((await bob.describe({ card })).author).to.equal("verified");
      const foreign = { ...key, publicKey: backend.mulG(randomScalar(dice.bytes)) };
      expect(await codeOf(() => loadEncrypted(kept, foreign))).to.equal("INVALID_HEADER");
    });

    it("when the key file is forged, alice's client should refuse what was encrypted by it", async () => {
      const key = parseKeyFile(await alice.exportKey(world.keyId));
      const forged = { ...key, publicKey: backend.mulG(randomScalar(dice.bytes)) };
      const made = encryptOffline("for mallory's key", forged, { owner: world.alice.address });
      const kept = await readAll(made.envelope);
      expect(await codeOf(() => alice.loadEncrypted({ envelope: kept }))).to.equal("INVALID_HEADER");
      const elsewhere = encryptOffline("x", { ...key, chainId: 1n }, { owner: world.alice.address });
      expect(await codeOf(() => alice.publish(elsewhere))).to.equal("WRONG_CHAIN");
      expect(await codeOf(async () => alice.loadEncrypted({ envelope: await readAll(elsewhere.envelope) }))).to.equal("WRONG_CHAIN");
    });

    it("when the key is unknown, exporting it should be refused", async () => {
      expect(await codeOf(() => alice.exportKey(ethers.id("unknown") as never))).to.equal("UNKNOWN_KEY");
    });
  });
});
