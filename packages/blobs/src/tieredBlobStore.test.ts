import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import type { BlobReader } from "./blobStore.ts";
import { createMemoryBlocks } from "./blockStorage.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { describeBlobStore } from "./describeBlobStore.ts";
import { blockKey } from "./ipldCid.ts";
import { createMemoryBlobStore } from "./memoryBlobStore.ts";
import { remoteFailed } from "./remote.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";
import { createTieredBlobStore } from "./tieredBlobStore.ts";
import { transferBlob } from "./transferBlob.ts";

const readOnly = ({ get, size, has, blocks }: BlobReader): BlobReader => ({ get, size, has, blocks });

const failing: BlobReader = readOnly({
  ...createMemoryBlobStore(),
  blocks: {
    get: async () => {
      throw remoteFailed("https://gateway.example.com", "status 500");
    },
    has: async () => false,
  },
});

describeBlobStore("The tiered store", async () => {
  const near = createMemoryBlocks();
  return {
    store: createTieredBlobStore(createBlobStore(near), [readOnly(createMemoryBlobStore())]),
    replace: async (cid, bytes) => {
      if (bytes === undefined) near.blocks.delete(blockKey(cid));
      else near.blocks.set(blockKey(cid), bytes);
    },
  };
});

describe("The tiered store", () => {
  const bytes = someBytes(600_000);

  it("when a blob is only far, it should be read from there and kept near, as far as it was read", async () => {
    const [near, far] = [createMemoryBlobStore(), createMemoryBlobStore()];
    const cid = await far.add(inPieces(bytes));
    const store = createTieredBlobStore(near, [failing, readOnly(far)]);
    expect(await store.has(cid)).to.equal(true);
    expect((await readAll(store.get(cid, { offset: 0, length: 10 }))).length).to.equal(10);
    expect(await near.has(cid)).to.equal(false);
    expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
    expect(Buffer.compare(await readAll(near.get(cid)), bytes)).to.equal(0);
  });

  it("when a near block is damaged, a far one should heal it", async () => {
    const near = createMemoryBlocks();
    const far = createMemoryBlobStore();
    const store = createTieredBlobStore(createBlobStore(near), [far]);
    const cid = await store.add(inPieces(bytes));
    for (const [key, block] of near.blocks) near.blocks.set(key, block.slice(1));
    expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
    expect(Buffer.compare(await readAll(createBlobStore(near).get(cid)), bytes)).to.equal(0);
  });

  it("when the far stores lie, it should keep nothing of theirs (attack)", async () => {
    const near = createMemoryBlocks();
    const liar = createMemoryBlocks();
    const cid = await createBlobStore(liar).add(inPieces(bytes));
    for (const [key, block] of liar.blocks) liar.blocks.set(key, block.slice(1));
    const store = createTieredBlobStore(createBlobStore(near), [readOnly(createBlobStore(liar))]);
    expect(await codeOf(() => readAll(store.get(cid)))).to.equal("BLOB_NOT_FOUND");
    expect(near.blocks.size).to.equal(0);
  });

  it("when no store has a blob and one failed, it should say that one failed, not that the blob is missing", async () => {
    const cid = await createMemoryBlobStore().add(inPieces(bytes));
    const store = createTieredBlobStore(createMemoryBlobStore(), [failing, readOnly(createMemoryBlobStore())]);
    expect(await codeOf(() => readAll(store.get(cid)))).to.equal("BLOB_REMOTE_FAILED");
  });

  it("when a blob is added, it should be in every store that can be written to; when removed, in none", async () => {
    const [near, one, other] = [createMemoryBlobStore(), createMemoryBlobStore(), createMemoryBlobStore()];
    const store = createTieredBlobStore(near, [one, failing, other]);
    const cid = await store.add(inPieces(bytes));
    for (const each of [near, one, other]) expect(Buffer.compare(await readAll(each.get(cid)), bytes)).to.equal(0);
    await store.remove(cid);
    for (const each of [near, one, other]) expect(await each.has(cid)).to.equal(false);
  });

  it("when a copy fails, it should name the blob, which is near, and a transfer should finish it", async () => {
    const near = createMemoryBlobStore();
    const far = createMemoryBlocks();
    let isDown = true;
    const flaky = createBlobStore({
      ...far,
      put: async (cid, block) => {
        if (isDown && far.blocks.size === 2) throw remoteFailed("https://kubo.example.com", "status 503");
        await far.put(cid, block);
      },
    });
    const failure: unknown = await createTieredBlobStore(near, [flaky])
      .add(inPieces(bytes))
      .catch((error: unknown) => error);
    if (!(failure instanceof KeyquorumError)) throw new Error("no KeyquorumError");
    expect(failure.code).to.equal("BLOB_REMOTE_FAILED");
    const cid = String(failure.details.cid);
    isDown = false;
    const done = await transferBlob({ cid, from: near, to: flaky });
    expect(done.copiedBlocks).to.equal(2);
    expect(Buffer.compare(await readAll(flaky.get(cid)), bytes)).to.equal(0);
  });

  it("when a blob is removed near while one that shares its blocks is transferred into the tiered store, that one should be whole", async () => {
    const blocks = createMemoryBlocks();
    const listed = Promise.withResolvers<void>();
    const transferred = Promise.withResolvers<void>();
    const near = createBlobStore({
      ...blocks,
      roots: async () => {
        const roots = await blocks.roots();
        listed.resolve();
        await transferred.promise; // the transfer begins after the roots were read and ends before anything is removed
        return roots;
      },
    });
    const from = createMemoryBlobStore();
    const make = (seed: number) => inPieces(Buffer.concat([someBytes(524_288), someBytes(1000, seed)]));
    const [removed, sent] = [await near.add(make(1)), await from.add(make(2))];
    const removing = near.remove(removed);
    await listed.promise;
    await transferBlob({ cid: sent, from, to: createTieredBlobStore(near, []) });
    transferred.resolve();
    await removing;
    expect((await readAll(near.get(sent))).length).to.equal(525_288);
    expect(await near.has(removed)).to.equal(false);
  });
});

describe("What a tiered store keeps from one try to the next", () => {
  const bytes = someBytes(46 * 262_144);
  /** A far store that fails for good once it has given so many blocks in one call. */
  const failingAfter = (from: BlobReader, blocks: number) => {
    const given: string[] = [];
    let left = blocks;
    const store = readOnly({
      ...from,
      blocks: {
        ...from.blocks,
        get: async (cid, options) => {
          if (left-- <= 0) throw remoteFailed("https://gateway.example.com", "status 503");
          given.push(blockKey(cid));
          return from.blocks.get(cid, options);
        },
      },
    });
    return { store, given, recover: () => (left = blocks) };
  };

  it("when a far store fails in the middle, every block that it gave should be asked for once, over all tries", async () => {
    const [near, origin] = [createMemoryBlobStore(), createMemoryBlobStore()];
    const cid = await origin.add(inPieces(bytes));
    const { store: far, given, recover } = failingAfter(origin, 12);
    for (let attempt = 1; attempt < 4; attempt++) {
      expect(await codeOf(() => readAll(createTieredBlobStore(near, [far]).get(cid)))).to.equal("BLOB_REMOTE_FAILED");
      recover();
    }
    expect(Buffer.compare(await readAll(createTieredBlobStore(near, [far]).get(cid)), bytes)).to.equal(0);
    expect(new Set(given).size).to.equal(given.length);
  });

  it("when a far store fails, the others should be asked first from then on, for blocks and for what is there", async () => {
    const origin = createMemoryBlobStore();
    const cid = await origin.add(inPieces(bytes));
    let asked = 0;
    const down: BlobReader = {
      ...failing,
      blocks: {
        get: async () => {
          asked++;
          throw remoteFailed("https://gateway.example.com", "status 503");
        },
        has: async () => {
          throw remoteFailed("https://gateway.example.com", "status 503");
        },
      },
    };
    const store = createTieredBlobStore(createMemoryBlobStore(), [down, readOnly(origin)]);
    expect(await store.has(cid)).to.equal(true);
    expect((await readAll(store.get(cid))).length).to.equal(bytes.length);
    expect(asked).to.be.at.most(1);
  });
});
