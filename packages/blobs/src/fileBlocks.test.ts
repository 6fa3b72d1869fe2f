import * as nodeFiles from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FsBlockstore } from "blockstore-fs";
import { expect } from "chai";
import { exporter } from "ipfs-unixfs-exporter";
import { CID } from "multiformats/cid";
import { createBlobStore } from "./createBlobStore.ts";
import { describeBlobStore } from "./describeBlobStore.ts";
import { type Files, openFileBlocks } from "./fileBlocks.ts";
import { openFileBlobStore } from "./node.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";

const made: string[] = [];
const freshDirectory = async (): Promise<string> => {
  const directory = await nodeFiles.mkdtemp(join(tmpdir(), "keyquorum-blobs-"));
  made.push(directory);
  return directory;
};

const blockFiles = async (directory: string): Promise<string[]> => {
  const names = await nodeFiles.readdir(directory, { recursive: true });
  return names.filter((name) => name.endsWith(".data")).map((name) => join(directory, name));
};

after(async () => {
  for (const directory of made) await nodeFiles.rm(directory, { recursive: true, force: true });
});

describeBlobStore("The file store", async () => {
  const directory = await freshDirectory();
  const elsewhere = new FsBlockstore(directory);
  return {
    store: await openFileBlobStore(directory),
    replace: async (cid, bytes) => {
      await elsewhere.delete(cid);
      if (bytes !== undefined) await elsewhere.put(cid, bytes);
    },
  };
});

describe("The file store", () => {
  it("when it is opened again, it should still hold what was added", async () => {
    const directory = await freshDirectory();
    const bytes = someBytes(600_000);
    const cid = await (await openFileBlobStore(directory)).add(inPieces(bytes));
    expect(Buffer.compare(await readAll((await openFileBlobStore(directory)).get(cid)), bytes)).to.equal(0);
  });

  it("when a byte on the disk flips, it should refuse the block by name; adding the bytes again should heal it", async () => {
    const directory = await freshDirectory();
    const store = await openFileBlobStore(directory);
    const bytes = someBytes(600_000);
    const cid = await store.add(inPieces(bytes));
    for (const path of await blockFiles(directory)) {
      const block = await nodeFiles.readFile(path);
      const at = block.length >> 1;
      block[at] = (block[at] ?? 0) ^ 0x10;
      await nodeFiles.writeFile(path, block);
      expect(await codeOf(() => readAll(store.get(cid)))).to.equal("BLOB_CORRUPT");
      expect(await store.add(inPieces(bytes))).to.equal(cid);
      expect(Buffer.compare(await readAll(store.get(cid)), bytes)).to.equal(0);
    }
  });

  it("when a corrupt blob is removed, it should go", async () => {
    const directory = await freshDirectory();
    const store = await openFileBlobStore(directory);
    const cid = await store.add(inPieces(someBytes(600_000)));
    for (const path of await blockFiles(directory)) await nodeFiles.truncate(path, 5);
    await store.remove(cid);
    expect(await store.has(cid)).to.equal(false);
  });

  it("when another tool reads the directory, it should find the same file", async () => {
    const directory = await freshDirectory();
    const bytes = someBytes(600_000);
    const cid = await (await openFileBlobStore(directory)).add(inPieces(bytes));
    const entry = await exporter(CID.parse(cid), new FsBlockstore(directory));
    if (entry.type !== "file") throw new Error("not a file");
    expect(Buffer.compare(await readAll(entry.content()), bytes)).to.equal(0);
  });

  it("when the disk is full, it should say so, keep what it had and leave no draft", async () => {
    const directory = await freshDirectory();
    let isFull = false;
    const files: Files = {
      ...nodeFiles,
      open: async (...parameters: Parameters<Files["open"]>) => {
        const handle = await nodeFiles.open(...parameters);
        if (isFull && parameters[1] === "wx") {
          handle.writeFile = async () => {
            throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
          };
        }
        return handle;
      },
    };
    const store = createBlobStore(await openFileBlocks(directory, files));
    const kept = await store.add(inPieces(someBytes(1000)));
    isFull = true;
    expect(await codeOf(() => store.add(inPieces(someBytes(600_000, 2))))).to.equal("BLOB_STORE_FULL");
    expect(await nodeFiles.readdir(join(directory, "tmp"))).to.deep.equal([]);
    expect((await readAll(store.get(kept))).length).to.equal(1000);
    isFull = false;
    expect(await store.has(await store.add(inPieces(someBytes(600_000, 2))))).to.equal(true);
  });

  it("when a block is durable, it should have been fsynced before it was renamed, and its directory after", async () => {
    const directory = await freshDirectory();
    const calls: string[] = [];
    const files: Files = {
      ...nodeFiles,
      open: async (...parameters: Parameters<Files["open"]>) => {
        const handle = await nodeFiles.open(...parameters);
        const sync = handle.sync.bind(handle);
        handle.sync = async () => {
          calls.push(parameters[1] === "wx" ? "sync file" : "sync directory");
          await sync();
        };
        return handle;
      },
      rename: async (...parameters: Parameters<Files["rename"]>) => {
        calls.push("rename");
        await nodeFiles.rename(...parameters);
      },
    };
    const store = createBlobStore(await openFileBlocks(directory, files));
    await store.add(inPieces(someBytes(10)));
    const again = calls.length;
    await store.add(inPieces(someBytes(10)));
    expect(calls.slice(again)).to.deep.equal(["sync file", "rename", "sync directory", "sync file", "rename", "sync directory"]);
  });

  it("when the disk fails to read, it should not call that missing", async () => {
    const directory = await freshDirectory();
    const cid = await (await openFileBlobStore(directory)).add(inPieces(someBytes(10)));
    const files: Files = {
      ...nodeFiles,
      open: async () => {
        throw Object.assign(new Error("EIO: i/o error, open"), { code: "EIO" });
      },
    };
    const blocks = await openFileBlocks(directory, { ...nodeFiles });
    const failing = createBlobStore({ ...blocks, get: (await openFailing(directory, files)).get });
    expect(await codeOf(() => readAll(failing.get(cid)))).to.equal("BLOB_STORE_FAILED");
  });

  it("when the directory is a file, it should say so", async () => {
    const path = join(await freshDirectory(), "file");
    await nodeFiles.writeFile(path, "x");
    expect(await codeOf(() => openFileBlobStore(path))).to.equal("BLOB_STORE_FAILED");
  });

  it("when a killed process left a draft, it should remove it once it is old", async () => {
    const directory = await freshDirectory();
    await openFileBlobStore(directory);
    await nodeFiles.writeFile(join(directory, "tmp", "old"), "x");
    await nodeFiles.writeFile(join(directory, "tmp", "young"), "x");
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await nodeFiles.utimes(join(directory, "tmp", "old"), yesterday, yesterday);
    await openFileBlobStore(directory);
    expect(await nodeFiles.readdir(join(directory, "tmp"))).to.deep.equal(["young"]);
  });
});

/** Opens with working files and then reads with failing ones: opening needs `open` too. */
const openFailing = async (directory: string, failing: Files) => {
  let files: Files = nodeFiles;
  const blocks = await openFileBlocks(directory, {
    ...nodeFiles,
    open: (...parameters: Parameters<Files["open"]>) => files.open(...parameters),
  });
  files = failing;
  return blocks;
};
