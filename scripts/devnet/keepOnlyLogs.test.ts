import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { keepOnlyLogs } from "./keepOnlyLogs.ts";

describe("what a devnet that failed leaves behind", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-logs-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is the keepers' logs and nothing else", async () => {
    for (const name of ["keeper-1", "keeper-2"]) {
      await mkdir(join(folder, name, "data"), { recursive: true });
      for (const file of ["keeper.log", "passphrase", "operator.key", "keeper.toml", "data/vault.sqlite"])
        await writeFile(join(folder, name, file), file);
    }
    await writeFile(join(folder, "deployment.json"), "{}");
    const kept = keepOnlyLogs(folder);
    expect(kept).to.have.members([join(folder, "keeper-1", "keeper.log"), join(folder, "keeper-2", "keeper.log")]);
    expect((await readdir(folder, { recursive: true })).sort()).to.deep.equal([
      "keeper-1",
      "keeper-1/keeper.log",
      "keeper-2",
      "keeper-2/keeper.log",
    ]);
    expect(await readFile(kept[0] ?? "", "utf8")).to.equal("keeper.log");
  });

  it("is no folder where there are no logs", async () => {
    await mkdir(join(folder, "keeper-1"));
    await writeFile(join(folder, "keeper-1", "passphrase"), "secret");
    expect(keepOnlyLogs(folder)).to.deep.equal([]);
    expect(existsSync(folder)).to.equal(false);
  });

  it("is no link that calls itself a log, nor what is behind one", async () => {
    const other = await mkdtemp(join(tmpdir(), "keyquorum-other-"));
    await writeFile(join(other, "keeper.log"), "another's");
    await symlink(other, join(folder, "keeper-1"));
    await symlink(join(other, "keeper.log"), join(folder, "keeper.log"));
    expect(keepOnlyLogs(folder)).to.deep.equal([]);
    expect(await readFile(join(other, "keeper.log"), "utf8")).to.equal("another's");
    await rm(other, { recursive: true });
  });
});
