import { expect } from "chai";
import { CID } from "multiformats/cid";
import type { BlobStore } from "./blobStore.ts";
import type { BlockStorage } from "./blockStorage.ts";
import { linkedBlocks } from "./createBlobReader.ts";
import { describeBlobReader, MALFORMED_CIDS } from "./describeBlobReader.ts";
import { createMemoryBlobStore } from "./memoryBlobStore.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";
import { type TransferProgress, transferBlob } from "./transferBlob.ts";
import { readBlock } from "./walk.ts";

export type StoreUnderTest = {
  readonly store: BlobStore;
  /** For stores that free removed bytes later: makes them do it. */
  readonly collectGarbage?: () => Promise<void>;
  /** Puts other bytes, or none, in the place of a block. */
  readonly replace: (cid: CID, bytes: Uint8Array | undefined) => Promise<void>;
};

/** What every BlobStore must do. `open` gives a fresh, empty store. */
export const describeBlobStore = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describeBlobReader(name, async () => {
    const { store } = await open();
    return { reader: store, add: (bytes) => store.add(inPieces(bytes)) };
  });

  describe(`${name} as a BlobStore`, () => {
    let store: BlobStore;
    let collectGarbage: () => Promise<void>;
    let replace: StoreUnderTest["replace"];
    beforeEach(async () => {
      const opened = await open();
      ({ store, replace } = opened);
      collectGarbage = opened.collectGarbage ?? (async () => undefined);
    });

    for (const [what, length] of [
      ["nothing", 0],
      ["one byte", 1],
      ["one leaf exactly", 262_144],
      ["one leaf and a byte", 262_145],
      ["3 MiB", 3 * 1024 * 1024],
    ] as const) {
      it(`when ${what} is added, it should give the same bytes back`, async () => {
        const bytes = someBytes(length);
        const cid = await store.add(inPieces(bytes));
        expect(await store.has(cid)).to.equal(true);
        expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
      });
    }

    it("when one leaf is added, it should be named by its sha2-256; larger files always by the same tree", async () => {
      expect(await store.add(inPieces(new Uint8Array(0)))).to.equal("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
      expect(await store.add(inPieces(new TextEncoder().encode("hello world")))).to.equal(
        "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
      );
      // Computed apart from this code, from the dag-pb and UnixFS specifications.
      expect(await store.add(inPieces(someBytes(3 * 1024 * 1024)))).to.equal("bafybeibyct725lnyjjcimtjk3i3nu4vqupcq7pdyu5qenzdg6mgplwh3re");
    });

    it("when the same bytes come in other pieces, it should give the same id", async () => {
      const bytes = someBytes(600_000);
      expect(await store.add(inPieces(bytes, 100))).to.equal(await store.add(inPieces(bytes, 599_999)));
    });

    it("when a source uses its buffer again, it should store what each piece held", async () => {
      const bytes = someBytes(700_000);
      async function* reusing(): AsyncGenerator<Uint8Array> {
        const buffer = new Uint8Array(100_000);
        for (let at = 0; at < bytes.length; at += buffer.length) {
          buffer.set(bytes.subarray(at, at + buffer.length));
          yield buffer;
        }
      }
      expect(Buffer.compare(await readAll(store.get(await store.add(reusing()))), bytes)).to.equal(0);
    });

    it("when it writes, it should tell how far it is", async () => {
      const told: number[] = [];
      await store.add(inPieces(someBytes(600_000), 100_000), { onProgress: (bytes) => told.push(bytes) });
      expect(told.at(-1)).to.equal(600_000);
    });

    it("when a blob that it does not hold is removed, it should do nothing", async () => {
      await store.remove("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
    });

    it("when an id is malformed, it should not remove anything by it", async () => {
      for (const bad of MALFORMED_CIDS) expect(await codeOf(() => store.remove(bad))).to.equal("INVALID_CID");
    });

    it("when a blob is removed, it should be gone, and what shares a block with it should stay", async () => {
      const shared = someBytes(262_144);
      const one = await store.add(inPieces(Buffer.concat([shared, someBytes(1000, 2)])));
      const other = await store.add(inPieces(Buffer.concat([shared, someBytes(1000, 3)])));
      await store.remove(one);
      await collectGarbage();
      expect(await store.has(one)).to.equal(false);
      expect(await codeOf(() => readAll(store.get(one)))).to.equal("BLOB_NOT_FOUND");
      expect((await readAll(store.get(other))).length).to.equal(263_144);
      await store.remove(other);
      await collectGarbage();
      expect(await store.has(other)).to.equal(false);
      await store.remove(other);
    });

    it("when the source fails, it should throw the source's error", async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield someBytes(10);
        throw Object.assign(new Error("the camera broke"), { code: "CAMERA" });
      }
      expect(await codeOf(() => store.add(failing()))).to.equal("CAMERA");
    });

    it("when an add is aborted while its source hangs, it should stop at once and close the source", async () => {
      const controller = new AbortController();
      let isClosed = false;
      const hanging: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => undefined),
          return: async () => {
            isClosed = true;
            return { done: true, value: undefined };
          },
        }),
      };
      const reason = new Error("enough");
      const adding = codeOf(() => store.add(hanging, { signal: controller.signal }));
      setImmediate(() => controller.abort(reason));
      expect(await adding).to.equal(reason);
      expect(isClosed).to.equal(true);
    });

    it("when several blobs that share blocks are added at once, it should hold them all", async () => {
      const shared = someBytes(262_144);
      const blobs = [1, 2, 3, 4].map((seed) => Buffer.concat([shared, someBytes(300_000, seed % 3)]));
      const cids = await Promise.all(blobs.map((bytes) => store.add(inPieces(bytes))));
      expect(cids[0]).to.equal(cids[3]);
      for (const [i, cid] of cids.entries()) expect(Buffer.compare(await readAll(store.get(cid)), blobs[i] ?? shared)).to.equal(0);
    });

    it("when a blob is removed while others that share its blocks are added and transferred, those should be whole", async () => {
      const from = createMemoryBlobStore();
      const shared = someBytes(524_288);
      const make = (seed: number) => inPieces(Buffer.concat([shared, someBytes(1000, seed)]));
      const sent = await from.add(make(1));
      for (let round = 0; round < 5; round++) {
        const removed = await store.add(make(2));
        const [added] = await Promise.all([
          store.add(make(3)),
          transferBlob({ cid: sent, from, to: store }),
          new Promise((resolve) => setTimeout(resolve, round)).then(() => store.remove(removed)),
        ]);
        expect((await readAll(store.get(added))).length).to.equal(525_288);
        expect((await readAll(store.get(sent))).length).to.equal(525_288);
        await store.remove(added);
        await store.remove(sent);
      }
    });

    it("when it lists its roots, it should name what was added and not removed", async () => {
      const cids = [await store.add(inPieces(someBytes(10, 1))), await store.add(inPieces(someBytes(300_000, 2)))];
      expect([...(await store.blocks.roots())].sort()).to.deep.equal(cids.toSorted());
      await store.remove(cids[0] ?? "");
      expect(await store.blocks.roots()).to.deep.equal(cids.slice(1));
    });

    it("when a block in it is changed, cut off or lost, it should not give a byte of it; adding again should heal it", async () => {
      const bytes = someBytes(600_000);
      const cid = await store.add(inPieces(bytes));
      const { found } = await linkedBlocks(store.blocks, CID.parse(cid));
      for (const [i, block] of found.entries()) {
        const good = await readBlock(store.blocks, block);
        for (const [bad, code] of [
          [good.map((byte, at) => (at === good.length >> 1 ? byte ^ 1 : byte)), "BLOB_CORRUPT"],
          [good.slice(0, -1), "BLOB_CORRUPT"],
          [undefined, "BLOB_NOT_FOUND"],
        ] as const) {
          await replace(block, bad);
          const got: Uint8Array[] = [];
          const failure = await codeOf(async () => {
            for await (const piece of store.get(cid)) got.push(piece);
          });
          expect(failure).to.equal(code);
          const whole = Buffer.concat(got);
          expect(Buffer.compare(whole, bytes.subarray(0, whole.length))).to.equal(0);
          expect(whole.length).to.equal(i === 0 ? 0 : (i - 1) * 262_144);
        }
        expect(await store.add(inPieces(bytes))).to.equal(cid);
        expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
      }
    });

    describe("when a blob is transferred into it", () => {
      const bytes = someBytes(1_500_000);
      let from: ReturnType<typeof createMemoryBlobStore>;
      let cid: string;
      beforeEach(async () => {
        from = createMemoryBlobStore();
        cid = await from.add(inPieces(bytes));
      });

      it("it should hold the blob and have told how far it was, in bytes and blocks", async () => {
        const told: TransferProgress[] = [];
        const done = await transferBlob({ cid, from, to: store, onProgress: (progress) => told.push(progress) });
        expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
        expect(done).to.deep.equal({ bytes: 1_500_000, totalBytes: 1_500_000, blocks: 7, copiedBlocks: 7 });
        expect(told.at(-1)).to.deep.equal(done);
        told.slice(1).forEach((progress, i) => {
          expect(progress.bytes).to.be.at.least(told[i]?.bytes ?? 0);
        });
        await store.remove(cid);
      });

      it("and is interrupted, it should not be visible; the next try should send what is missing, and the root last", async () => {
        const controller = new AbortController();
        const reason = new Error("the train is in a tunnel");
        const interrupted = codeOf(() =>
          transferBlob({
            cid,
            from,
            to: store,
            concurrency: 1,
            signal: controller.signal,
            onProgress: ({ blocks }) => blocks === 3 && controller.abort(reason),
          }),
        );
        expect(await interrupted).to.equal(reason);
        expect(await store.has(cid)).to.equal(false);
        expect(await codeOf(() => readAll(store.get(cid)))).to.equal("BLOB_NOT_FOUND");
        const written: string[] = [];
        const watched: BlockStorage = {
          ...store.blocks,
          put: async (block, held, options) => {
            written.push(block.toString());
            await store.blocks.put(block, held, options);
          },
        };
        const done = await transferBlob({ cid, from, to: { blocks: watched } });
        expect(done.copiedBlocks).to.equal(4);
        expect(written.length).to.equal(4);
        expect(written.at(-1)).to.equal(cid);
        expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
      });

      it("and a block of its source is wrong, cut off, or missing, it should refuse it and stay without the blob", async () => {
        for (const [change, code] of [
          [(block: Uint8Array) => block.map((byte, i) => (i === 9 ? byte ^ 1 : byte)), "BLOB_CORRUPT"],
          [(block: Uint8Array) => block.slice(0, -1), "BLOB_CORRUPT"],
          [() => undefined, "BLOB_NOT_FOUND"],
        ] as const) {
          const mallory = {
            blocks: {
              ...from.blocks,
              get: async (...parameters: Parameters<BlockStorage["get"]>) => {
                const block = await from.blocks.get(...parameters);
                return block?.length === 1_500_000 % 262_144 ? change(block) : block; // the last leaf
              },
            },
          };
          expect(await codeOf(() => transferBlob({ cid, from: mallory, to: store }))).to.equal(code);
          expect(await store.has(cid)).to.equal(false);
        }
        await transferBlob({ cid, from, to: store });
        expect(await store.has(cid)).to.equal(true);
      });

      it("and its source hangs, it should stop when it is aborted", async () => {
        const hanging = { blocks: { ...from.blocks, get: () => new Promise<never>(() => undefined) } };
        const reason = new Error("enough");
        const signal = AbortSignal.timeout(10);
        const started = Date.now();
        expect(await codeOf(() => transferBlob({ cid, from: hanging, to: store, signal }))).to.equal(23); // TimeoutError's code
        expect(Date.now() - started).to.be.lessThan(5000);
        expect(await codeOf(() => transferBlob({ cid, from, to: store, signal: AbortSignal.abort(reason) }))).to.equal(reason);
      });

      it("and the id or the concurrency is malformed, it should refuse it", async () => {
        for (const bad of MALFORMED_CIDS) {
          expect(await codeOf(() => transferBlob({ cid: bad, from, to: store }))).to.equal("INVALID_CID");
        }
        for (const concurrency of [0, 65, 1.5, Number.NaN]) {
          expect(await codeOf(() => transferBlob({ cid, from, to: store, concurrency }))).to.equal("INVALID_VALUE");
        }
      });
    });
  });
};
