import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { moveToNewName } from "./moveToNewName.ts";

describe("A file's new name", () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-names-"));
    await writeFile(at("part"), "ours", { mode: 0o640 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const code of ["EPERM", "ENOTSUP", "ENOSYS"])
    describe(`where a link fails with ${code}: a file system without links`, () => {
      const noLinks = () => Promise.reject(Object.assign(new Error(code), { code }));

      it("is taken by the whole file, with its permission bits", async () => {
        await moveToNewName(at("part"), at("copy"), noLinks);
        expect([await readFile(at("copy"), "utf8"), (await stat(at("copy"))).mode & 0o777]).to.deep.equal(["ours", 0o640]);
        expect(await readdir(folder)).to.deep.equal(["copy"]);
      });

      it("is left to whoever has it", async () => {
        await writeFile(at("copy"), "theirs");
        const error = await moveToNewName(at("part"), at("copy"), noLinks).catch((caught: unknown) => caught);
        expect(error).to.have.property("code", "EEXIST");
        expect(await readFile(at("copy"), "utf8")).to.equal("theirs");
      });

      it("is given back where the move fails", async () => {
        const error = await moveToNewName(at("none"), at("copy"), noLinks).catch((caught: unknown) => caught);
        expect(error).to.have.property("code", "ENOENT");
        expect(await readdir(folder)).to.deep.equal(["part"]);
      });
    });

  it("is not given where the disk fails in another way", async () => {
    const failing = () => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }));
    expect(await moveToNewName(at("part"), at("copy"), failing).catch((caught: unknown) => caught)).to.have.property("code", "EIO");
    expect(await readdir(folder)).to.deep.equal(["part"]);
  });
});
