import { expect } from "chai";
import type { CID } from "multiformats/cid";
import { createBlockMemory } from "./blockMemory.ts";
import { type BlockStorage, copying, createMemoryBlocks, type GetBlockOptions } from "./blockStorage.ts";
import { buildFile } from "./buildFile.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { inPieces, readAll, someBytes } from "./testBytes.ts";
import { createTieredBlobStore } from "./tieredBlobStore.ts";
import { walkFile } from "./walk.ts";

describe("Memory for blocks", () => {
  it("is given again once it was given back, for blocks that fit, and never what lies elsewhere", () => {
    const memory = createBlockMemory();
    const [first, second] = [memory.take(100), memory.take(100)];
    expect(first.buffer).to.not.equal(second.buffer);
    memory.giveBack(first);
    memory.giveBack(first); // once is enough
    memory.giveBack(new Uint8Array(100));
    const [larger, again, third] = [memory.take(101), memory.take(50), memory.take(50)];
    expect(larger.buffer).to.not.equal(first.buffer);
    expect(again.buffer).to.equal(first.buffer);
    expect(again.length).to.equal(50);
    expect([first.buffer, second.buffer, larger.buffer]).to.not.include(third.buffer);
  });
});

describe("Reading a file whose blocks lie in borrowed memory", () => {
  it("should find every leaf, though nodes are no larger than leaves, and hold few of them", async () => {
    const blocks = createMemoryBlocks();
    const bytes = someBytes(30_000);
    const root = await buildFile(inPieces(bytes), blocks.put, { leafBytes: 200, linksPerNode: 3 });
    const memories = new Set<ArrayBufferLike>();
    const source = {
      get: async (cid: CID, { maxBytes, memory }: GetBlockOptions) => {
        const found = await blocks.get(cid, { maxBytes });
        const into = memory?.(found?.length ?? 0);
        if (found === undefined || into === undefined) return found;
        if (found.length === 200) memories.add(into.buffer);
        into.set(found);
        return into;
      },
    };
    for (const readAhead of [0, 2]) {
      memories.clear();
      const read: Uint8Array[] = [];
      for await (const { data } of walkFile(source, root, { maxBytes: 2n ** 40n, readAhead, lends: true })) read.push(data.slice());
      expect(Buffer.compare(Buffer.concat(read), bytes)).to.equal(0);
      expect(memories.size).to.be.within(1, 4 + readAhead); // of 150 leaves
    }
  });
});

describe("A storage that keeps the bytes it is given", () => {
  const bytes = someBytes(3_000_000);
  /** Keeps what it is given, as somebody's own storage may. */
  const keeping = (): BlockStorage => {
    const kept = new Map<string, Uint8Array>();
    const has = async (cid: { toString(): string }): Promise<boolean> => kept.has(cid.toString());
    return {
      ...createMemoryBlocks(),
      put: async (cid, block) => void kept.set(cid.toString(), block),
      get: async (cid) => kept.get(cid.toString()),
      has,
    };
  };

  it("gets memory of its own for each block, whatever it is spread over", async () => {
    const blocks = keeping();
    const store = createBlobStore(blocks);
    const cid = await store.add(inPieces(bytes));
    expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
  });

  it("gets them also from far stores that lend theirs", async () => {
    const far = createBlobStore(createMemoryBlocks());
    const cid = await far.add(inPieces(bytes));
    /** Reads each block into the reader's memory, as from a disk. */
    const lending = createBlobStore({
      ...far.blocks,
      get: async (block, { maxBytes, memory }) => {
        const found = await far.blocks.get(block, { maxBytes });
        const into = memory?.(found?.length ?? 0);
        if (found === undefined || into === undefined) return found;
        into.set(found);
        return into;
      },
    });
    const near = createBlobStore(keeping());
    const store = createTieredBlobStore(near, [lending]);
    for await (const _ of store.get(cid, { lends: true }));
    expect(Buffer.compare(await readAll(near.get(cid)), bytes)).to.equal(0);
  });

  it("that says it copies, gets the same memory again", async () => {
    const memories = new Set<ArrayBufferLike>();
    const blocks = createMemoryBlocks();
    const store = createBlobStore({
      ...blocks,
      put: copying(async (cid, block) => {
        memories.add(block.buffer);
        await blocks.put(cid, block);
      }),
    });
    const cid = await store.add(inPieces(bytes));
    expect(memories.size).to.be.below(9); // of 13 blocks
    expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
  });
});
