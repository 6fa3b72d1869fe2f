import { expect } from "chai";
import type { BlobStore } from "./blobStore.ts";

/** Bytes that look random and are the same every time (xorshift). */
export const someBytes = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  return bytes;
};

export async function* inPieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

export const readAll = async (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Uint8Array.from(Buffer.concat(pieces));
};

/** The code of what `work` rejects with. */
export const codeOf = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
  return "no error";
};

/** What every BlobStore must do. `open` gives a fresh, empty store. */
export const describeBlobStore = (name: string, open: () => Promise<BlobStore>): void => {
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

    it("when it reads or writes, it should tell how far it is", async () => {
      const told: number[] = [];
      const cid = await store.add(inPieces(someBytes(600_000), 100_000), { onProgress: (bytes) => told.push(bytes) });
      expect(told.at(-1)).to.equal(600_000);
      told.length = 0;
      await readAll(store.get(cid, { onProgress: (bytes) => told.push(bytes) }));
      expect(told).to.deep.equal([262_144, 524_288, 600_000]);
    });

    it("when it does not hold a blob, it should say so", async () => {
      const other = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
      expect(await store.has(other)).to.equal(false);
      expect(await codeOf(() => readAll(store.get(other)))).to.equal("BLOB_NOT_FOUND");
      await store.remove(other);
    });

    for (const bad of ["", "bafy", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPYJm", "../../etc/passwd", `f01551220${"00".repeat(32)}`]) {
      it(`when the id is "${bad.slice(0, 20)}", it should refuse it`, async () => {
        expect(await codeOf(() => readAll(store.get(bad)))).to.equal("INVALID_CID");
        expect(await codeOf(() => store.has(bad))).to.equal("INVALID_CID");
        expect(await codeOf(() => store.remove(bad))).to.equal("INVALID_CID");
      });
    }

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

    it("when a blob is larger than the caller's limit, it should refuse it before its first byte", async () => {
      const cid = await store.add(inPieces(someBytes(600_000)));
      const first = store.get(cid, { maxBytes: 599_999 });
      expect(await codeOf(() => first.next())).to.equal("BLOB_CORRUPT");
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

    it("when a get is aborted between blocks, it should stop", async () => {
      const cid = await store.add(inPieces(someBytes(1_000_000)));
      const controller = new AbortController();
      const reason = new Error("enough");
      const pieces = store.get(cid, { signal: controller.signal });
      await pieces.next();
      controller.abort(reason);
      expect(await codeOf(() => pieces.next())).to.equal(reason);
    });
  });
};
