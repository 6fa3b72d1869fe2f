import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { moduleHashOf } from "./moduleHash.ts";

const BYTES = Buffer.from("a module");
const HASH = `0x${createHash("sha256").update(BYTES).digest("hex")}`;
const CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

describe("The hash of a module", () => {
  const stored = async () => ({
    get: async function* (cid: string): AsyncGenerator<Uint8Array> {
      if (cid !== CID) throw new Error("another CID");
      yield BYTES.subarray(0, 3);
      yield BYTES.subarray(3);
    },
  });
  const nothing = () => Promise.reject(new Error("the store was opened"));

  it("is taken as it is, made of a file, or made of what is stored", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keyquorum-"));
    try {
      const file = join(folder, "a.wasm");
      await writeFile(file, BYTES);
      expect(await moduleHashOf("--module", HASH.toUpperCase().replace("0X", "0x"), nothing)).to.equal(HASH);
      expect(await moduleHashOf("--module", file, nothing)).to.equal(HASH);
      expect(await moduleHashOf("--module", CID, stored)).to.equal(HASH);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("is of nothing else", async () => {
    for (const given of ["nothing.wasm", "0x12", ""])
      expect(await moduleHashOf("--module", given, nothing).catch((error: Error) => error.message)).to.include("neither a file, nor a CID");
  });
});
