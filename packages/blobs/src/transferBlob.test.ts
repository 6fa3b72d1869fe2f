import * as dagPb from "@ipld/dag-pb";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import { type BlockStorage, createMemoryBlocks } from "./blockStorage.ts";
import { codeOf } from "./testBytes.ts";
import { transferBlob } from "./transferBlob.ts";
import { encodeUnixfsFile } from "./unixfsFile.ts";

/** Mallory's source: blocks of her own making, each with its right content id, and a count of what is asked. */
const openForMallory = () => {
  const blocks = createMemoryBlocks();
  let asked = 0;
  const put = async (bytes: Uint8Array, codec: number): Promise<CID> => {
    const cid = CID.createV1(codec, await sha256.digest(bytes));
    await blocks.put(cid, bytes);
    return cid;
  };
  const putNode = (links: readonly CID[], sizes: readonly bigint[]): Promise<CID> =>
    put(
      dagPb.encode(dagPb.prepare({ Data: encodeUnixfsFile(sizes), Links: links.map((Hash) => ({ Name: "", Tsize: 1, Hash })) })),
      dagPb.code,
    );
  const from: { readonly blocks: BlockStorage } = {
    blocks: {
      ...blocks,
      get: async (cid, options) => {
        asked++;
        return blocks.get(cid, options);
      },
    },
  };
  return { put, putNode, from, asked: () => asked };
};

describe("A hostile source of a transfer", () => {
  it("when a small tree unfolds to an enormous file within the limit, it should cost only its distinct blocks", async () => {
    const { put, putNode, from, asked } = openForMallory();
    let node = await put(Uint8Array.of(1), raw.code);
    let size = 1n;
    for (let depth = 0; depth < 4; depth++) {
      node = await putNode(Array<CID>(500).fill(node), Array<bigint>(500).fill(size));
      size *= 500n;
    }
    const to = { blocks: createMemoryBlocks() };
    const done = await transferBlob({ cid: node.toString(), from, to, concurrency: 1 });
    expect(done.bytes).to.equal(500 ** 4);
    expect(asked()).to.equal(5);
    expect(to.blocks.blocks.size).to.equal(5);
  });

  it("when a tree declares more than the limit, is too deep, or lies about a part, it should be refused", async () => {
    const { put, putNode, from } = openForMallory();
    const to = { blocks: createMemoryBlocks() };
    const leaf = await put(Uint8Array.of(1, 2, 3), raw.code);
    const codeFor = async (root: CID, maxBytes?: number) => codeOf(() => transferBlob({ cid: root.toString(), from, to, maxBytes }));
    expect(await codeFor(await putNode([leaf, leaf], [3n, 3n]), 5)).to.equal("BLOB_CORRUPT");
    expect(await codeFor(await putNode([leaf], [4n]))).to.equal("BLOB_CORRUPT");
    const node = await putNode([leaf], [3n]);
    expect(await codeFor(await putNode([node, node], [3n, 4n]))).to.equal("BLOB_CORRUPT");
    let deep = leaf;
    for (let depth = 0; depth < 8; depth++) deep = await putNode([deep], [3n]);
    expect(await codeFor(deep)).to.equal("BLOB_CORRUPT");
    expect(await to.blocks.roots()).to.deep.equal([]);
  });

  it("when the destination fails, it should throw its error and write no root", async () => {
    const { put, putNode, from } = openForMallory();
    const root = await putNode([await put(Uint8Array.of(1), raw.code)], [1n]);
    const blocks = createMemoryBlocks();
    const failing: BlockStorage = {
      ...blocks,
      put: async () => {
        throw Object.assign(new Error("full"), { code: "FULL" });
      },
    };
    expect(await codeOf(() => transferBlob({ cid: root.toString(), from, to: { blocks: failing } }))).to.equal("FULL");
    expect(await blocks.roots()).to.deep.equal([]);
  });
});
