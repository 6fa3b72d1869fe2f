import { CarReader, CarWriter } from "@ipld/car";
import * as dagPb from "@ipld/dag-pb";
import { expect } from "chai";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as identity from "multiformats/hashes/identity";
import { sha256 } from "multiformats/hashes/sha2";
import { createMemoryBlocks } from "./blockStorage.ts";
import { exportCar, type ImportOptions, importCar } from "./car.ts";
import { encodeCarHeader } from "./carFormat.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { createMemoryBlobStore } from "./memoryBlobStore.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";
import { encodeUnixfsFile } from "./unixfsFile.ts";

const BYTES = someBytes(1_000_000);

const exportOf = async (bytes: Uint8Array) => {
  const store = createMemoryBlobStore();
  const cid = await store.add(inPieces(bytes));
  return { store, cid, car: await readAll(exportCar(store, cid)) };
};

/** A CAR file as the reference implementation writes it. */
const carOf = async (roots: readonly CID[], blocks: readonly { readonly cid: CID; readonly bytes: Uint8Array }[]): Promise<Uint8Array> => {
  const { writer, out } = CarWriter.create([...roots]);
  const written = readAll(out);
  for (const block of blocks) await writer.put(block);
  await writer.close();
  return written;
};

const blockOf = async (bytes: Uint8Array, codec: number = raw.code) => ({ cid: CID.createV1(codec, await sha256.digest(bytes)), bytes });
const nodeOf = (links: readonly CID[], sizes: readonly bigint[]) =>
  blockOf(
    dagPb.encode(dagPb.prepare({ Data: encodeUnixfsFile(sizes), Links: links.map((Hash) => ({ Name: "", Tsize: 1, Hash })) })),
    dagPb.code,
  );

const openStore = () => {
  const blocks = createMemoryBlocks();
  return { store: createBlobStore(blocks), blocks };
};

/** The code of an import, and that it left no blob. */
const refusal = async (car: Uint8Array | AsyncIterable<Uint8Array>, options: ImportOptions = {}) => {
  const { store, blocks } = openStore();
  const code = await codeOf(() => importCar(store, car instanceof Uint8Array ? inPieces(car, 777) : car, options));
  expect(await blocks.roots()).to.deep.equal([]);
  return code;
};

describe("A CAR file", () => {
  for (const length of [0, 1, 262_144, 262_145, 1_000_000]) {
    it(`when a blob of ${length} bytes is exported and imported, it should be the same blob`, async () => {
      const bytes = someBytes(length);
      const { cid, car } = await exportOf(bytes);
      const { store, blocks } = openStore();
      const imported = await importCar(store, inPieces(car, 10_007));
      expect(imported).to.deep.equal({ roots: [cid], blocks: blocks.blocks.size, foreignBlocks: 0 });
      expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
      expect(await blocks.roots()).to.deep.equal([cid]);
    });
  }

  it("when it is exported, @ipld/car should read it: the root, and every block once, parents first", async () => {
    const { store, cid, car } = await exportOf(Buffer.concat([BYTES, BYTES]));
    const reader = await CarReader.fromBytes(car);
    expect((await reader.getRoots()).map(String)).to.deep.equal([cid]);
    const names: string[] = [];
    for await (const block of reader.blocks()) {
      expect(Buffer.compare(block.bytes, (await store.blocks.get(block.cid, { maxBytes: 2 ** 22 })) ?? new Uint8Array(1))).to.equal(0);
      names.push(block.cid.toString());
    }
    expect(names[0]).to.equal(cid);
    expect(new Set(names).size).to.equal(names.length);
  });

  it("when a node's bytes are a leaf elsewhere in the tree, it should still hold what the node leads to", async () => {
    const { store, blocks } = openStore();
    const leaf = await blockOf(someBytes(10));
    const node = await nodeOf([leaf.cid], [10n]);
    const sameBytes = await blockOf(node.bytes);
    const root = await nodeOf([sameBytes.cid, node.cid], [BigInt(node.bytes.length), 10n]);
    for (const { cid, bytes } of [leaf, node, root]) await blocks.put(cid, bytes);
    const car = await readAll(exportCar(store, root.cid.toString()));
    const { store: other } = openStore();
    await importCar(other, inPieces(car, 777));
    expect(await readAll(other.get(root.cid.toString()))).to.deep.equal(await readAll(store.get(root.cid.toString())));
  });

  it("when @ipld/car writes it, it should be imported, however it is cut", async () => {
    const { store: from, cid } = await exportOf(BYTES);
    const blocks = [];
    for await (const block of (await CarReader.fromBytes(await readAll(exportCar(from, cid)))).blocks()) blocks.push(block);
    const car = await carOf([CID.parse(cid)], blocks);
    for (const size of [1000, 262_144, car.length]) {
      const { store } = openStore();
      expect((await importCar(store, inPieces(car, size))).roots).to.deep.equal([cid]);
      expect(await store.has(cid)).to.equal(true);
    }
    const [leaf, tiny] = [await blockOf(someBytes(300)), createMemoryBlobStore()];
    const small = await carOf([leaf.cid], [leaf]);
    for (const size of [1, 2, 3, 60]) await importCar(tiny, inPieces(small, size), { roots: [leaf.cid.toString()] });
    expect((await readAll(tiny.get(leaf.cid.toString()))).length).to.equal(300);
  });

  it("when a header is written, it should be what @ipld/car writes", async () => {
    for (const count of [1, 2, 16]) {
      const roots = await Promise.all(Array.from({ length: count }, (_, i) => blockOf(Uint8Array.of(i))));
      const ours = encodeCarHeader(roots.map(({ cid }) => cid.toString() as Parameters<typeof encodeCarHeader>[0][number]));
      expect(
        Buffer.compare(
          ours,
          await carOf(
            roots.map(({ cid }) => cid),
            [],
          ),
        ),
      ).to.equal(0);
    }
  });

  it("when any byte flips, it should be refused, and no blob should be there", async () => {
    const { car } = await exportOf(someBytes(600_000));
    const places = [...Array(120).keys(), ...Array.from({ length: 30 }, (_, i) => 120 + i * 19_997), car.length - 1];
    for (const at of places.filter((place) => place < car.length)) {
      const changed = Uint8Array.from(car);
      changed[at] = (changed[at] ?? 0) ^ 0x04;
      expect(await refusal(changed), `byte ${at}`).to.be.oneOf(["INVALID_CAR", "INVALID_CID", "BLOB_CORRUPT", "BLOB_NOT_FOUND"]);
    }
  });

  it("when a block's bytes flip, it should name the block", async () => {
    const { car } = await exportOf(someBytes(600_000));
    const changed = Uint8Array.from(car);
    changed[car.length - 10] = (changed[car.length - 10] ?? 0) ^ 1;
    expect(await refusal(changed)).to.equal("BLOB_CORRUPT");
  });

  it("when it is cut off anywhere, it should be refused", async () => {
    const { car } = await exportOf(someBytes(600_000));
    for (const length of [0, 1, 30, 58, 59, 60, 100, 200, 300_000, car.length - 1]) {
      expect(await refusal(car.subarray(0, length)), String(length)).to.be.oneOf(["INVALID_CAR", "BLOB_NOT_FOUND"]);
    }
  });

  it("when it lacks a block, it should be not found, unless the store has that block", async () => {
    const { store: from, cid, car } = await exportOf(BYTES);
    const blocks = [];
    for await (const block of (await CarReader.fromBytes(car)).blocks()) blocks.push(block);
    const holed = await carOf(
      [CID.parse(cid)],
      blocks.filter((_, i) => i !== 2),
    );
    expect(await refusal(holed)).to.equal("BLOB_NOT_FOUND");
    const { store } = openStore();
    const lacking = blocks[2];
    if (lacking === undefined) throw new Error("a block");
    await store.blocks.put(lacking.cid, lacking.bytes);
    await importCar(store, inPieces(holed));
    expect(Buffer.compare(await readAll(store.get(cid)), await readAll(from.get(cid)))).to.equal(0);
  });

  it("when it repeats blocks or carries blocks that no root leads to, it should store neither twice nor the latter", async () => {
    const leaf = await blockOf(someBytes(100));
    const root = await nodeOf([leaf.cid, leaf.cid], [100n, 100n]);
    const stranger = await blockOf(someBytes(50, 2));
    const inline = { cid: CID.createV1(raw.code, identity.identity.digest(Uint8Array.of(1))), bytes: Uint8Array.of(1) };
    const old = {
      cid: CID.createV0((await nodeOf([], [])).cid.multihash as Parameters<typeof CID.createV0>[0]),
      bytes: (await nodeOf([], [])).bytes,
    };
    const car = await carOf([root.cid], [stranger, root, leaf, leaf, inline, root, old]);
    const { store, blocks } = openStore();
    expect(await importCar(store, inPieces(car))).to.deep.equal({ roots: [root.cid.toString()], blocks: 2, foreignBlocks: 3 });
    expect(blocks.blocks.size).to.equal(2);
    expect((await readAll(store.get(root.cid.toString()))).length).to.equal(200);
  });

  it("when a repeated block is wrong the second time, it should be refused", async () => {
    const leaf = await blockOf(someBytes(100));
    const root = await nodeOf([leaf.cid], [100n]);
    expect(await refusal(await carOf([root.cid], [root, leaf, { cid: leaf.cid, bytes: someBytes(100, 5) }]))).to.equal("BLOB_CORRUPT");
  });

  it("when it has several roots, it should add each; when these are not the ones asked for, none", async () => {
    const [one, other] = await Promise.all([blockOf(someBytes(10)), blockOf(someBytes(20))]);
    const car = await carOf([one.cid, other.cid], [one, other]);
    const { store } = openStore();
    const roots = [other.cid.toString(), one.cid.toString()];
    await importCar(store, inPieces(car), { roots });
    expect([...(await store.blocks.roots())].sort()).to.deep.equal(roots.toSorted());
    expect(await refusal(car, { roots: roots.slice(1) })).to.equal("INVALID_CAR");
    expect(await refusal(car, { roots: [...roots, (await blockOf(Uint8Array.of(7))).cid.toString()] })).to.equal("INVALID_CAR");
    expect(await refusal(car, { roots: ["bafy"] })).to.equal("INVALID_CID");
  });

  it("when a tree lies about sizes, is too deep or too large, or is not a file, it should be refused", async () => {
    const leaf = await blockOf(someBytes(10));
    const liar = await nodeOf([leaf.cid], [11n]);
    expect(await refusal(await carOf([liar.cid], [liar, leaf]))).to.equal("BLOB_CORRUPT");
    const forked = await nodeOf([leaf.cid, leaf.cid], [10n, 11n]);
    expect(await refusal(await carOf([forked.cid], [forked, leaf]))).to.equal("BLOB_CORRUPT");
    const directory = await blockOf(dagPb.encode(dagPb.prepare({ Data: Uint8Array.of(8, 1), Links: [] })), dagPb.code);
    expect(await refusal(await carOf([directory.cid], [directory]))).to.equal("BLOB_CORRUPT");
    const chain = [leaf];
    for (let depth = 0; depth < 8; depth++) chain.unshift(await nodeOf([(chain[0] ?? leaf).cid], [10n]));
    expect(await refusal(await carOf([(chain[0] ?? leaf).cid], chain))).to.equal("BLOB_CORRUPT");
    const bomb = await nodeOf([leaf.cid], [2n ** 50n]);
    expect(await refusal(await carOf([bomb.cid], [bomb, leaf]))).to.equal("BLOB_CORRUPT");
  });

  it("when it is over a limit, it should be refused before more is read", async () => {
    const { car } = await exportOf(BYTES);
    expect(await refusal(car, { maxBytes: car.length - 1 })).to.equal("INVALID_CAR");
    expect(await refusal(car, { maxBlocks: 4 })).to.equal("INVALID_CAR");
    expect(await codeOf(() => importCar(openStore().store, inPieces(car), { maxBytes: car.length, maxBlocks: 5 }))).to.equal("no error");
  });

  it("when a part says that it is huge (block bomb), it should be refused without being read", async () => {
    const root = await blockOf(Uint8Array.of(1));
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield encodeCarHeader([root.cid.toString() as Parameters<typeof encodeCarHeader>[0][number]]);
      yield Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
      for (;;) {
        given++;
        yield new Uint8Array(1000);
      }
    }
    expect(await refusal(endless())).to.equal("INVALID_CAR");
    expect(given).to.be.lessThan(2);
    expect(await refusal(Uint8Array.from(Array(20).fill(0xff)))).to.equal("INVALID_CAR");
    expect(await refusal(new Uint8Array(100))).to.equal("INVALID_CAR");
  });

  it("when it is an endless row of foreign blocks, it should stop at the limit of blocks", async () => {
    const root = await blockOf(Uint8Array.of(1));
    const stranger = (await carOf([root.cid], [await blockOf(Uint8Array.of(2))])).subarray((await carOf([root.cid], [])).length);
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield encodeCarHeader([root.cid.toString() as Parameters<typeof encodeCarHeader>[0][number]]);
      for (;;) yield stranger;
    }
    expect(await refusal(endless(), { maxBlocks: 1000 })).to.equal("INVALID_CAR");
  });

  it("when it is of version 2, or no CAR file, it should be refused", async () => {
    const pragma = Uint8Array.from([0x0a, 0xa1, 0x67, ...Buffer.from("version"), 0x02]);
    expect(await refusal(Buffer.concat([pragma, new Uint8Array(40)]))).to.equal("INVALID_CAR");
    expect(await refusal(await carOf([], []))).to.equal("INVALID_CAR");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await refusal(bytes)).to.be.oneOf(["INVALID_CAR", "INVALID_CID"]);
      }),
    );
  });

  it("when its stream hangs, it should stop when it is aborted; when it fails, throw the stream's error", async () => {
    const hanging: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 10);
    expect(await refusal(hanging, { signal: controller.signal })).to.equal(reason);
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(0x3a);
      throw Object.assign(new Error("the disk broke"), { code: "DISK" });
    }
    expect(await refusal(failing())).to.equal("DISK");
  });

  it("when its blob is corrupt, missing or too large, the export should fail before or at that block", async () => {
    const { store, cid } = await exportOf(BYTES);
    expect(await codeOf(() => readAll(exportCar(store, "bafy")))).to.equal("INVALID_CID");
    expect(await codeOf(() => readAll(exportCar(createMemoryBlobStore(), cid)))).to.equal("BLOB_NOT_FOUND");
    expect(await codeOf(() => readAll(exportCar(store, cid, { maxBytes: 999_999 })))).to.equal("BLOB_CORRUPT");
    const lying = { blocks: { ...store.blocks, get: async () => new Uint8Array(10) } };
    expect(await codeOf(() => exportCar(lying, cid).next())).to.equal("BLOB_CORRUPT");
    const reason = new Error("enough");
    expect(await codeOf(() => readAll(exportCar(store, cid, { signal: AbortSignal.abort(reason) })))).to.equal(reason);
  });
});
