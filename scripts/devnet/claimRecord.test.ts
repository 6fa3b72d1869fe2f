import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTRACT_NAMES, parseDeployment } from "@keyquorum/bindings";
import { expect } from "chai";
import { claimRecord } from "./claimRecord.ts";

/** A deployment that differs by its block. */
const deploymentAt = (block: number) =>
  parseDeployment({
    ...{ version: 1, chainId: "31337", genesisHash: `0x${"11".repeat(32)}`, block, blockHash: `0x${"22".repeat(32)}` },
    contracts: Object.fromEntries(CONTRACT_NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).padStart(40, "0")}`])),
  });

describe("the record of a devnet", () => {
  let folder: string;
  const namesIn = async (): Promise<readonly string[]> => (await readdir(folder)).sort();
  const blockIn = async (file: string): Promise<number> => parseDeployment(JSON.parse(await readFile(file, "utf8"))).block;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keyquorum-claim-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is where commands look, and gone when it ends", async () => {
    const record = await claimRecord(folder, deploymentAt(1), 8545);
    expect([record.file, record.isDefault, await namesIn()]).to.deep.equal([join(folder, "31337.json"), true, ["31337.json"]]);
    record.release();
    expect(await namesIn()).to.deep.equal([]);
  });

  it("is beside that of another devnet, whichever ends first", async () => {
    const first = await claimRecord(folder, deploymentAt(1), 8545);
    const second = await claimRecord(folder, deploymentAt(2), 9000);
    expect([second.file, second.isDefault]).to.deep.equal([join(folder, "31337-9000.json"), false]);
    expect([await blockIn(first.file), await blockIn(second.file)]).to.deep.equal([1, 2]);
    first.release();
    expect(await namesIn()).to.deep.equal(["31337-9000.json"]);
    second.release();
    expect(await namesIn()).to.deep.equal([]);
  });

  it("takes the place of one that was killed on the same port, and leaves one that `deploy` wrote", async () => {
    await writeFile(join(folder, "31337.json"), "somebody's");
    await claimRecord(folder, deploymentAt(1), 9000);
    const again = await claimRecord(folder, deploymentAt(2), 9000);
    expect(await blockIn(again.file)).to.equal(2);
    again.release();
    expect(await readFile(join(folder, "31337.json"), "utf8")).to.equal("somebody's");
  });

  it("is left where somebody wrote another one over it", async () => {
    const record = await claimRecord(folder, deploymentAt(1), 8545);
    await writeFile(record.file, "deploy --replace");
    record.release();
    expect(await namesIn()).to.deep.equal(["31337.json"]);
  });
});
