import * as dagPb from "@ipld/dag-pb";
import { expect } from "chai";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as identity from "multiformats/hashes/identity";
import { sha256 } from "multiformats/hashes/sha2";
import type { BlobStore } from "./blobStore.ts";
import { type BlockStorage, createMemoryBlocks } from "./blockStorage.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { textOf } from "./ipldCid.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";

/** Mallory's hands on a store: blocks of her own making, each with its right content id. */
const openForMallory = () => {
  const blocks = createMemoryBlocks();
  const store: BlobStore = createBlobStore(blocks);
  const put = async (bytes: Uint8Array, codec: number): Promise<CID> => {
    const cid = CID.createV1(codec, await sha256.digest(bytes));
    await blocks.put(cid, bytes);
    return cid;
  };
  const putNode = async (links: readonly CID[], sizes: readonly bigint[], data?: Uint8Array): Promise<CID> => {
    const file = new UnixFS({ type: "file", blockSizes: [...sizes], ...(data === undefined ? {} : { data }) });
    return put(
      dagPb.encode(dagPb.prepare({ Data: file.marshal(), Links: links.map((Hash) => ({ Name: "", Tsize: 1, Hash })) })),
      dagPb.code,
    );
  };
  const read = (cid: CID, maxBytes?: number) =>
    codeOf(() => readAll(store.get(cid.toString(), maxBytes === undefined ? {} : { maxBytes })));
  return { blocks, store, put, putNode, read };
};

describe("A hostile tree", () => {
  it("when a block's bytes do not match its id, it should be refused and named (attack on the content id)", async () => {
    const { blocks, store } = openForMallory();
    const bytes = someBytes(600_000);
    const cid = await store.add(inPieces(bytes));
    for (const [key, block] of blocks.blocks) {
      for (const at of [0, block.length >> 1, block.length - 1]) {
        const changed = Uint8Array.from(block);
        changed[at] = (changed[at] ?? 0) ^ 1;
        blocks.blocks.set(key, changed);
        expect(await codeOf(() => readAll(store.get(cid)))).to.equal("BLOB_CORRUPT");
      }
      blocks.blocks.set(key, block.slice(0, -1));
      expect(await codeOf(() => readAll(store.get(cid)))).to.equal("BLOB_CORRUPT");
      blocks.blocks.set(key, block);
    }
    expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
  });

  it("when a later block is bad, it should have given only good bytes before it", async () => {
    const { blocks, store } = openForMallory();
    const bytes = someBytes(600_000);
    const cid = await store.add(inPieces(bytes));
    const last = [...blocks.blocks.entries()].find(([, block]) => block.length === 600_000 - 2 * 262_144);
    blocks.blocks.set(last?.[0] ?? "", new Uint8Array(600_000 - 2 * 262_144));
    const got: Uint8Array[] = [];
    const code = await codeOf(async () => {
      for await (const piece of store.get(cid)) got.push(piece);
    });
    expect(code).to.equal("BLOB_CORRUPT");
    expect(Buffer.compare(Buffer.concat(got), bytes.subarray(0, 524_288))).to.equal(0);
  });

  it("when an inner block or a leaf is missing, it should be not found", async () => {
    const { blocks, store } = openForMallory();
    const cid = await store.add(inPieces(someBytes(600_000)));
    for (const [key, block] of [...blocks.blocks]) {
      blocks.blocks.delete(key);
      expect(await codeOf(() => readAll(store.get(cid)))).to.equal("BLOB_NOT_FOUND");
      expect(await store.has(cid)).to.equal(false);
      blocks.blocks.set(key, block);
    }
  });

  it("when parts are as large as declared, it should be read, data in inner nodes included", async () => {
    const { put, putNode, store } = openForMallory();
    const leaf = await put(Uint8Array.of(3, 4), raw.code);
    const root = await putNode([leaf, leaf], [2n, 2n], Uint8Array.of(1, 2));
    expect([...(await readAll(store.get(root.toString())))]).to.deep.equal([1, 2, 3, 4, 3, 4]);
  });

  it("when a part is larger or smaller than declared, it should be refused", async () => {
    const { put, putNode, read } = openForMallory();
    const leaf = await put(Uint8Array.of(1, 2, 3), raw.code);
    expect(await read(await putNode([leaf], [2n]))).to.equal("BLOB_CORRUPT");
    expect(await read(await putNode([leaf], [4n]))).to.equal("BLOB_CORRUPT");
    expect(await read(await putNode([await putNode([leaf], [3n])], [2n]))).to.equal("BLOB_CORRUPT");
    expect(await read(await putNode([leaf], [3n]))).to.equal("no error");
  });

  it("when links and sizes differ in number, or a part is empty, it should be refused", async () => {
    const { put, putNode, read } = openForMallory();
    const leaf = await put(Uint8Array.of(1), raw.code);
    const empty = await put(new Uint8Array(0), raw.code);
    expect(await read(await putNode([leaf, leaf], [1n]))).to.equal("BLOB_CORRUPT");
    expect(await read(await putNode([leaf], [1n, 1n]))).to.equal("BLOB_CORRUPT");
    expect(await read(await putNode([empty], [0n]))).to.equal("BLOB_CORRUPT");
  });

  it("when the tree is too deep, it should be refused before its bottom is read", async () => {
    const { put, putNode, read } = openForMallory();
    let node = await put(Uint8Array.of(1), raw.code);
    for (let depth = 0; depth < 7; depth++) node = await putNode([node], [1n]);
    expect(await read(node)).to.equal("no error");
    expect(await read(await putNode([node], [1n]))).to.equal("BLOB_CORRUPT");
  });

  it("when a small tree unfolds to an enormous file, it should be refused at its root", async () => {
    const { put, putNode, read } = openForMallory();
    let node = await put(new Uint8Array(1000), raw.code);
    let size = 1000n;
    for (let depth = 0; depth < 7; depth++) {
      node = await putNode(Array<CID>(1000).fill(node), Array<bigint>(1000).fill(size));
      size *= 1000n;
    }
    expect(await read(node)).to.equal("BLOB_CORRUPT");
  });

  it("when a few blocks lead to themselves again and again, it should look at each once to list or remove them", async () => {
    const { put, putNode, store, blocks } = openForMallory();
    const other = await store.add(inPieces(someBytes(300_000)));
    let part = await put(Uint8Array.of(1), raw.code);
    for (let size = 1n; size < 1000n ** 4n; size *= 1000n) part = await putNode(Array(1000).fill(part), Array(1000).fill(size));
    await blocks.addRoot(textOf(part));
    expect(await store.has(part.toString())).to.equal(true);
    await store.remove(other);
    await store.remove(part.toString());
    expect(blocks.blocks.size).to.equal(0);
  });

  it("when a small tree unfolds to an enormous file within the limit, looking for it and removing it should cost its distinct blocks", async () => {
    const { blocks, store, put, putNode } = openForMallory();
    let node = await put(Uint8Array.of(1), raw.code);
    for (let depth = 0; depth < 4; depth++)
      node = await putNode(Array<CID>(500).fill(node), Array<bigint>(500).fill(500n ** BigInt(depth)));
    expect(await store.has(node.toString())).to.equal(true);
    expect(await store.size(node.toString())).to.equal(500 ** 4);
    await store.remove(node.toString());
    expect(blocks.blocks.size).to.equal(0);
  });

  it("when a block is larger than any that is stored, it should be refused", async () => {
    const { put, read } = openForMallory();
    expect(await read(await put(new Uint8Array(2 * 1024 * 1024 + 1), raw.code))).to.equal("BLOB_CORRUPT");
  });

  it("when a link carries its data in itself, or names another codec, it should be refused", async () => {
    const { put, putNode, read } = openForMallory();
    const inline = CID.createV1(raw.code, identity.identity.digest(Uint8Array.of(1)));
    expect(await read(await putNode([inline], [1n]))).to.equal("BLOB_CORRUPT");
    const old = CID.createV0((await putNode([], [], Uint8Array.of(1))).multihash as Parameters<typeof CID.createV0>[0]);
    expect(await read(await putNode([old], [1n]))).to.equal("BLOB_CORRUPT");
    const cbor = CID.createV1(0x71, (await put(Uint8Array.of(1), raw.code)).multihash);
    expect(await read(await putNode([cbor], [1n]))).to.equal("BLOB_CORRUPT");
  });

  it("when it is a directory or no UnixFS at all, it should be refused", async () => {
    const { put, read } = openForMallory();
    const directory = dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: "directory" }).marshal(), Links: [] }));
    expect(await read(await put(directory, dagPb.code))).to.equal("BLOB_CORRUPT");
    expect(await read(await put(dagPb.encode(dagPb.prepare({ Links: [] })), dagPb.code))).to.equal("BLOB_CORRUPT");
    expect(await read(await put(Uint8Array.of(0xff, 1, 2), dagPb.code))).to.equal("BLOB_CORRUPT");
  });

  it("when a part is wanted, it should read only the blocks that lead to it", async () => {
    const { blocks, put, putNode } = openForMallory();
    const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map((byte) => put(new Uint8Array(10).fill(byte), raw.code)));
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("four leaves");
    const left = await putNode([a, b], [10n, 10n], Uint8Array.of(7));
    const right = await putNode([c, d], [10n, 10n]);
    const root = await putNode([left, right], [21n, 20n], Uint8Array.of(9, 9));
    const names = new Map([root, left, right, a, b, c, d].map((cid, i) => [cid.toString(), "root left right a b c d".split(" ")[i]]));
    const readOf = async (offset: number, length: number) => {
      const asked: unknown[] = [];
      const watched: BlockStorage = {
        ...blocks,
        get: async (cid, options) => {
          asked.push(names.get(cid.toString()));
          return blocks.get(cid, options);
        },
      };
      return { bytes: [...(await readAll(createBlobStore(watched).get(root.toString(), { offset, length })))], asked };
    };
    expect(await readOf(0, 2)).to.deep.equal({ bytes: [9, 9], asked: ["root"] });
    expect(await readOf(1, 2)).to.deep.equal({ bytes: [9, 7], asked: ["root", "left"] });
    expect(await readOf(12, 2)).to.deep.equal({ bytes: [1, 2], asked: ["root", "left", "a", "b"] });
    expect(await readOf(33, 10)).to.deep.equal({ bytes: Array(10).fill(4), asked: ["root", "right", "d"] });
    expect(await readOf(43, 0)).to.deep.equal({ bytes: [], asked: ["root"] });
  });

  it("when a block outside the wanted part is bad, it should not matter; one within it should be refused", async () => {
    const { blocks, store } = openForMallory();
    const bytes = someBytes(600_000);
    const cid = await store.add(inPieces(bytes));
    const [key, last] = [...blocks.blocks].find(([, block]) => block.length === 600_000 - 2 * 262_144) ?? ["", new Uint8Array(0)];
    blocks.blocks.set(key, new Uint8Array(last.length));
    expect(Buffer.compare(await readAll(store.get(cid, { offset: 1000, length: 500_000 })), bytes.subarray(1000, 501_000))).to.equal(0);
    expect(await codeOf(() => readAll(store.get(cid, { offset: 599_999, length: 1 })))).to.equal("BLOB_CORRUPT");
  });

  it("when a root lies about a part that leads to the wanted one, it should be refused", async () => {
    const { put, putNode, store } = openForMallory();
    const leaf = await put(new Uint8Array(10), raw.code);
    const root = await putNode([leaf, leaf], [20n, 10n]);
    expect(await codeOf(() => readAll(store.get(root.toString(), { offset: 15, length: 1 })))).to.equal("BLOB_CORRUPT");
  });

  it("when blocks are read ahead, it should read that many and no more, give them in order, and end what is left when it stops", async () => {
    const blocks = createMemoryBlocks();
    const bytes = someBytes(3_000_000);
    const cid = await createBlobStore(blocks).add(inPieces(bytes));
    let underWay = 0;
    let most = 0;
    let aborted = 0;
    const slow: BlockStorage = {
      ...blocks,
      get: async (block, options) => {
        most = Math.max(most, ++underWay);
        options.signal?.addEventListener("abort", () => aborted++);
        await new Promise((resolve) => setTimeout(resolve, (block.bytes[10] ?? 0) % 7));
        underWay--;
        return blocks.get(block, options);
      },
    };
    const reader = createBlobStore(slow, { readAhead: 3 });
    expect(Buffer.compare(await readAll(reader.get(cid)), bytes)).to.equal(0);
    expect(most).to.equal(3);
    const pieces = reader.get(cid);
    await pieces.next();
    aborted = 0;
    await pieces.return(undefined);
    expect(aborted).to.be.greaterThan(0);
  });
});
