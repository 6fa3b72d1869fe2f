import { expect } from "chai";
import type { BlobStore } from "./blobStore.ts";
import { describeBlobReader, MALFORMED_CIDS } from "./describeBlobReader.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";

/** What every BlobStore must do. `open` gives a fresh, empty store. */
export const describeBlobStore = (name: string, open: () => Promise<BlobStore>): void => {
  describeBlobReader(name, async () => {
    const store = await open();
    return { reader: store, add: (bytes) => store.add(inPieces(bytes)) };
  });

  describe(`${name} as a BlobStore`, () => {
    let store: BlobStore;
    beforeEach(async () => {
      store = await open();
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
      expect(await store.has(one)).to.equal(false);
      expect(await codeOf(() => readAll(store.get(one)))).to.equal("BLOB_NOT_FOUND");
      expect((await readAll(store.get(other))).length).to.equal(263_144);
      await store.remove(other);
      expect(await store.has(other)).to.equal(false);
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
  });
};
