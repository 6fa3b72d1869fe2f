import { expect } from "chai";
import fc from "fast-check";
import { UnixFS } from "ipfs-unixfs";
import { importByteStream } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import type { CID } from "multiformats/cid";
import { createMemoryBlocks } from "./blockStorage.ts";
import { buildFile, LEAF_BYTES, LINKS_PER_NODE } from "./buildFile.ts";
import { codeOf, inPieces, someBytes } from "./testBytes.ts";
import { decodeUnixfsFile, encodeUnixfsFile } from "./unixfsFile.ts";

type Shape = { readonly leafBytes: number; readonly linksPerNode: number };
const OURS = { leafBytes: LEAF_BYTES, linksPerNode: LINKS_PER_NODE };

/** As the reference implementation does it. */
const importFile = async (bytes: Uint8Array, { leafBytes, linksPerNode }: Shape) => {
  const blocks = createMemoryBlocks();
  const { cid } = await importByteStream(
    inPieces(bytes),
    {
      put: async (block: CID, held) => {
        await blocks.put(block, held as Uint8Array); // the importer gives whole blocks
        return block;
      },
    },
    {
      cidVersion: 1,
      rawLeaves: true,
      reduceSingleLeafToSelf: true,
      chunker: fixedSize({ chunkSize: leafBytes }),
      layout: balanced({ maxChildrenPerNode: linksPerNode }),
    },
  );
  return { cid: cid.toString(), blocks: contentOf(blocks.blocks) };
};

const build = async (bytes: Uint8Array, shape: Shape & { readonly reusesLeaves?: boolean }) => {
  const blocks = createMemoryBlocks();
  const cid = await buildFile(inPieces(bytes), blocks.put, shape);
  return { cid: cid.toString(), blocks: contentOf(blocks.blocks) };
};

const contentOf = (blocks: ReadonlyMap<string, Uint8Array>) =>
  [...blocks].map(([key, block]) => [key, Buffer.from(block).toString("base64")]).sort();

describe("Building a file", () => {
  for (const [what, length] of [
    ["no bytes", 0],
    ["one byte", 1],
    ["a leaf", LEAF_BYTES],
    ["a leaf and a byte", LEAF_BYTES + 1],
    ["a full node and a byte", LINKS_PER_NODE * LEAF_BYTES + 1],
  ] as const) {
    it(`when it has ${what}, it should make the blocks that ipfs-unixfs-importer makes`, async () => {
      const bytes = someBytes(length);
      const theirs = await importFile(bytes, OURS);
      expect(await build(bytes, OURS)).to.deep.equal(theirs);
      expect(await build(bytes, { ...OURS, reusesLeaves: true })).to.deep.equal(theirs);
    });
  }

  it("when leaves are used again, each should be what it is until its write ends, and few should be held", async () => {
    const shape = { leafBytes: 1000, linksPerNode: 3 };
    const bytes = someBytes(50_123);
    const memories = new Set<ArrayBufferLike>();
    const changed: string[] = [];
    let begun = 0;
    const put = async (cid: CID, block: Uint8Array): Promise<void> => {
      const before = Buffer.from(block).toString("base64");
      if (block.length === shape.leafBytes) memories.add(block.buffer);
      for (let turns = (begun++ * 7) % 11; turns > 0; turns--) await Promise.resolve(); // they end in another order
      if (Buffer.from(block).toString("base64") !== before) changed.push(cid.toString());
    };
    const cid = await buildFile(inPieces(bytes), put, { ...shape, reusesLeaves: true });
    expect(cid.toString()).to.equal((await importFile(bytes, shape)).cid);
    expect(changed).to.deep.equal([]);
    expect(memories.size).to.be.within(2, 6);
  });

  it("when they are not, each should have memory of its own", async () => {
    const memories = new Set<ArrayBufferLike>();
    const put = async (_: CID, block: Uint8Array): Promise<void> => void (block.length === 1000 && memories.add(block.buffer));
    await buildFile(inPieces(someBytes(50_123)), put, { leafBytes: 1000, linksPerNode: 3 });
    expect(memories.size).to.equal(50);
  });

  it("when its tree has up to seven levels, it should make the blocks that ipfs-unixfs-importer makes", async () => {
    const shape = { leafBytes: 3, linksPerNode: 2 };
    for (let length = 0; length <= 200; length++) {
      const bytes = someBytes(length);
      expect(await build(bytes, shape)).to.deep.equal(await importFile(bytes, shape));
    }
  });

  it("when a block is a parent, everything below it should be written before", async () => {
    const written = new Set<string>();
    let isEarly = false;
    await buildFile(inPieces(someBytes(2_000_000), 100_000), async (cid, block) => {
      await new Promise((resolve) => setTimeout(resolve, block.length % 7));
      if (cid.code === 0x70) isEarly = written.size < 8;
      written.add(cid.toString());
    });
    expect(isEarly).to.equal(false);
    expect(written.size).to.equal(9);
  });

  it("when a write fails, it should throw its error after the others have ended, and write nothing more", async () => {
    let underWay = 0;
    let begun = 0;
    const code = await codeOf(() =>
      buildFile(inPieces(someBytes(3_000_000), 100_000), async () => {
        underWay++;
        const mine = begun++;
        await new Promise((resolve) => setTimeout(resolve, 5 * mine));
        underWay--;
        if (mine === 1) throw Object.assign(new Error("full"), { code: "FULL" });
      }),
    );
    expect(code).to.equal("FULL");
    expect(underWay).to.equal(0);
    expect(begun).to.be.lessThan(8);
  });
});

describe("UnixFS data of a file's node", () => {
  it("when sizes are written, it should be what ipfs-unixfs writes", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 2n ** 50n }), { minLength: 1, maxLength: 200 }), (sizes) => {
        expect(Buffer.compare(encodeUnixfsFile(sizes), new UnixFS({ type: "file", blockSizes: sizes }).marshal())).to.equal(0);
      }),
    );
  });

  it("when it is read, it should say what ipfs-unixfs says", () => {
    fc.assert(
      fc.property(
        fc.record({
          sizes: fc.array(fc.bigInt({ min: 0n, max: 2n ** 56n }), { maxLength: 20 }),
          data: fc.uint8Array({ minLength: 1, maxLength: 300 }),
        }),
        fc.constantFrom("file" as const, "raw" as const),
        fc.option(fc.nat(0o777)),
        ({ sizes, data }, type, mode) => {
          const theirs = new UnixFS({ type, blockSizes: sizes, data, ...(mode === null ? {} : { mode, mtime: { secs: 5n, nsecs: 3 } }) });
          const ours = decodeUnixfsFile(theirs.marshal());
          expect(ours.blockSizes).to.deep.equal(sizes);
          expect(Buffer.compare(ours.data, data)).to.equal(0);
        },
      ),
    );
  });

  it("when it is cut off, of another type, or nonsense, it should be refused and never hang", () => {
    const good = new UnixFS({ type: "file", blockSizes: [300n, 5n], data: Uint8Array.of(1, 2, 3) }).marshal();
    for (let length = 0; length < good.length; length++) {
      try {
        const { data, blockSizes } = decodeUnixfsFile(good.subarray(0, length));
        expect([...data, ...blockSizes].length).to.be.lessThan(5); // cut between two fields
      } catch (error) {
        expect(error).to.be.instanceOf(Error);
      }
    }
    for (const type of ["directory", "metadata", "symlink", "hamt-sharded-directory"] as const) {
      expect(() => decodeUnixfsFile(new UnixFS({ type, fanout: 256n }).marshal())).to.throw(/not a file/);
    }
    for (const bad of [
      [0x08],
      [0x08, ...Array(11).fill(0xff)],
      [0x08, 2, 0x22, 1, 5],
      [0x12, 0x7f],
      [0x0b],
      [0x08, 2, 0x12, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ]) {
      expect(() => decodeUnixfsFile(Uint8Array.from(bad)), String(bad)).to.throw();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeUnixfsFile(bytes);
        } catch (error) {
          if (!(error instanceof Error) || error instanceof RangeError) throw error;
        }
      }),
    );
  });
});
