import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "..", "..", "..");

describe("docs/PERMISSIONS.md", () => {
  it("its blocks with a file name are parts of that file", async () => {
    const text = await readFile(join(ROOT, "docs", "PERMISSIONS.md"), "utf8");
    const blocks = [...text.matchAll(/^```(?:solidity|ts) (\S+)\n([\s\S]*?)^```/gm)];
    expect(blocks).to.have.length(4);
    for (const [, file = "", block = ""] of blocks) expect(await readFile(join(ROOT, file), "utf8"), file).to.include(block);
  });

  it("it describes every contract of contracts/policies, and no other", async () => {
    const text = await readFile(join(ROOT, "docs", "PERMISSIONS.md"), "utf8");
    const table = text.split("\n").filter((line) => line.startsWith("| `") && /\| (rule|book) \|/.test(line));
    const named = table.flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name)).sort();
    const deployers = await readFile(join(ROOT, "packages", "bindings", "src", "policies", "deployPolicies.ts"), "utf8");
    const deployable = [...deployers.matchAll(/^export const deploy(\w+) = /gm)].map(([, name]) => name).sort();
    expect(named).to.deep.equal(deployable);
  });
});
