import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { backupKeeper } from "./backupKeeper.ts";
import { KeeperError } from "./errors.ts";

describe("backupKeeper", () => {
  let temp: TempVault;
  let root: string;
  beforeEach(async () => {
    temp = await createTempVault(() => 1_700_000_000_000);
    root = await mkdtemp(join(tmpdir(), "keyquorum-backup-"));
  });
  afterEach(async () => {
    await temp.remove();
    await rm(root, { recursive: true });
  });
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "none",
      (error: unknown) => (error instanceof KeeperError ? error.code : error),
    );

  it("copies both files of a vault that is open, and says where", async () => {
    const to = join(root, "today");
    expect(await backupKeeper({ dataDirectory: temp.vault.directory }, to)).to.equal(to);
    expect(await readdir(to)).to.have.members(["vault.sqlite", "secrets.sqlite"]);
  });
  it("refuses what is there already, and where there is no keeper", async () => {
    expect(await codeOf(backupKeeper({ dataDirectory: temp.vault.directory }, root))).to.equal("EXPORT_EXISTS");
    expect(await codeOf(backupKeeper({ dataDirectory: join(root, "none") }, join(root, "b")))).to.equal("KEEPER_NOT_INITIALISED");
  });
});
