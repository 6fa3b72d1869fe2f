import { expect } from "chai";
import type { BlobReader, GetOptions } from "./blobStore.ts";
import { createMemoryBlobStore } from "./memoryBlobStore.ts";
import { codeOf, readAll, someBytes } from "./testBytes.ts";
import { transferBlob } from "./transferBlob.ts";

export const MALFORMED_CIDS = [
  "",
  "bafy",
  "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPYJm",
  "../../etc/passwd",
  `f01551220${"00".repeat(32)}`,
];

const UNKNOWN = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

/** A reader and what fills the place that it reads from. */
export type ReaderUnderTest = { readonly reader: BlobReader; readonly add: (bytes: Uint8Array) => Promise<string> };

/** What every BlobReader must do. `open` gives a fresh, empty one. */
export const describeBlobReader = (name: string, open: () => Promise<ReaderUnderTest>): void => {
  describe(`${name} as a BlobReader`, () => {
    let reader: BlobReader;
    let add: ReaderUnderTest["add"];
    beforeEach(async () => {
      ({ reader, add } = await open());
    });

    for (const [what, length] of [
      ["nothing", 0],
      ["one byte", 1],
      ["one leaf exactly", 262_144],
      ["one leaf and a byte", 262_145],
      ["3 MiB", 3 * 1024 * 1024],
    ] as const) {
      it(`when a blob of ${what} is there, it should give its bytes and its size`, async () => {
        const bytes = someBytes(length);
        const cid = await add(bytes);
        expect(await reader.has(cid)).to.equal(true);
        expect(await reader.size(cid)).to.equal(length);
        expect(Buffer.compare(await readAll(reader.get(cid)), bytes)).to.equal(0);
      });
    }

    it("when its reader borrows the memory, it should give the same bytes, whole and in part", async () => {
      const bytes = someBytes(3 * 1024 * 1024);
      const cid = await add(bytes);
      for (const range of [{}, { offset: 262_100, length: 600_000 }]) {
        const copies: Uint8Array[] = [];
        for await (const piece of reader.get(cid, { ...range, lends: true })) copies.push(piece.slice());
        const { offset = 0, length = bytes.length } = range as { offset?: number; length?: number };
        expect(Buffer.compare(Buffer.concat(copies), bytes.subarray(offset, offset + length))).to.equal(0);
      }
    });

    it("when it reads, it should tell how far it is", async () => {
      const told: number[] = [];
      const cid = await add(someBytes(600_000));
      await readAll(reader.get(cid, { onProgress: (bytes) => told.push(bytes) }));
      expect(told).to.deep.equal([262_144, 524_288, 600_000]);
    });

    it("when it does not hold a blob, it should say so", async () => {
      expect(await reader.has(UNKNOWN)).to.equal(false);
      expect(await codeOf(() => readAll(reader.get(UNKNOWN)))).to.equal("BLOB_NOT_FOUND");
      expect(await codeOf(() => reader.size(UNKNOWN))).to.equal("BLOB_NOT_FOUND");
    });

    for (const bad of MALFORMED_CIDS) {
      it(`when the id is "${bad.slice(0, 20)}", it should refuse it`, async () => {
        expect(await codeOf(() => readAll(reader.get(bad)))).to.equal("INVALID_CID");
        expect(await codeOf(() => reader.has(bad))).to.equal("INVALID_CID");
        expect(await codeOf(() => reader.size(bad))).to.equal("INVALID_CID");
      });
    }

    it("when a blob is larger than the caller's limit, it should refuse it before its first byte", async () => {
      const cid = await add(someBytes(600_000));
      const first = reader.get(cid, { maxBytes: 599_999 });
      expect(await codeOf(() => first.next())).to.equal("BLOB_CORRUPT");
    });

    it("when a part is wanted, it should give exactly that part", async () => {
      const bytes = someBytes(1_000_000);
      const cid = await add(bytes);
      for (const [offset, length] of [
        [0, 1],
        [0, 1_000_000],
        [262_143, 2],
        [262_144, 262_144],
        [262_144, 262_145],
        [999_999, 1],
        [5, 0],
        [1_000_000, 0],
        [300_000, undefined],
        [undefined, 300_000],
        [1_000_000, undefined],
      ] as const) {
        const end = length === undefined ? bytes.length : (offset ?? 0) + length;
        const part = await readAll(reader.get(cid, { offset, length }));
        expect(Buffer.compare(part, bytes.subarray(offset ?? 0, end)), `${offset}, ${length}`).to.equal(0);
      }
      const small = await add(bytes.subarray(0, 100));
      expect(Buffer.compare(await readAll(reader.get(small, { offset: 10, length: 5 })), bytes.subarray(10, 15))).to.equal(0);
    });

    const badRanges: readonly (readonly [string, GetOptions])[] = [
      ["begins behind the end", { offset: 601_001 }],
      ["ends behind the end", { offset: 600_000, length: 1001 }],
      ["is longer than the blob", { length: 601_001 }],
      ["begins before the start", { offset: -1 }],
      ["has a negative length", { offset: 5, length: -1 }],
      ["begins within a byte", { offset: 0.5 }],
      ["is not a number", { offset: Number.NaN }],
      ["is endless", { length: Number.POSITIVE_INFINITY }],
      ["is beyond exact numbers", { offset: 2 ** 53, length: 1 }],
      ["overflows", { offset: Number.MAX_SAFE_INTEGER, length: Number.MAX_SAFE_INTEGER }],
    ];
    for (const [what, range] of badRanges) {
      it(`when the part that is wanted ${what}, it should refuse it before its first byte`, async () => {
        const cid = await add(someBytes(601_000));
        const first = reader.get(cid, range);
        expect(await codeOf(() => first.next())).to.equal("INVALID_RANGE");
      });
    }

    it("when a get is aborted between blocks, it should stop", async () => {
      const cid = await add(someBytes(1_000_000));
      const controller = new AbortController();
      const reason = new Error("enough");
      const pieces = reader.get(cid, { signal: controller.signal });
      await pieces.next();
      controller.abort(reason);
      expect(await codeOf(() => pieces.next())).to.equal(reason);
    });

    it("when it is aborted before it begins, it should do nothing", async () => {
      const cid = await add(someBytes(10));
      const reason = new Error("no");
      const signal = AbortSignal.abort(reason);
      expect(await codeOf(() => readAll(reader.get(cid, { signal })))).to.equal(reason);
      expect(await codeOf(() => reader.size(cid, { signal }))).to.equal(reason);
      expect(await codeOf(() => reader.has(cid, { signal }))).to.equal(reason);
    });

    it("when a blob is transferred out of it, it should be the same, and later be skipped", async () => {
      const bytes = someBytes(1_000_000);
      const cid = await add(bytes);
      const to = createMemoryBlobStore();
      const done = await transferBlob({ cid, from: reader, to });
      expect(done).to.deep.equal({ bytes: 1_000_000, totalBytes: 1_000_000, blocks: 5, copiedBlocks: 5 });
      expect(Buffer.compare(await readAll(to.get(cid)), bytes)).to.equal(0);
      expect(await transferBlob({ cid, from: reader, to })).to.deep.equal({ ...done, copiedBlocks: 0 });
      expect(await codeOf(() => transferBlob({ cid: UNKNOWN, from: reader, to }))).to.equal("BLOB_NOT_FOUND");
    });

    it("when several blobs are read at once, it should keep them apart", async () => {
      const blobs = [1, 2, 3, 4].map((seed) => someBytes(400_000, seed));
      const cids = await Promise.all(blobs.map((bytes) => add(bytes)));
      const read = await Promise.all(cids.map((cid) => readAll(reader.get(cid))));
      read.forEach((bytes, i) => {
        expect(Buffer.compare(bytes, blobs[i] ?? new Uint8Array(0))).to.equal(0);
      });
    });
  });
};
