import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { build } from "vite";
import { nativeTsc } from "../../scripts/pack/compile.ts";
import { runCommand } from "./support/runCommand.ts";

describe("examples/", () => {
  it("hardhat: a project's own tests read from a real cluster through @keyquorum/hardhat", async () => {
    const { code, output } = await runCommand("hardhat", ["test", "mocha"], { cwd: "examples/hardhat" });
    expect(code, output).to.equal(0);
    expect(output).to.match(/3 passing/);
    expect(output).not.to.match(/failing|pending/);
  });

  it("wagmi: a page that gives wagmi's viem clients to createClient has right types, and builds", async () => {
    const { code, output } = await runCommand("node", [nativeTsc(process.cwd()), "-p", "examples/wagmi"]);
    expect(code, output).to.equal(0);
    const outDir = await mkdtemp(join(tmpdir(), "keyquorum-wagmi-"));
    try {
      await build({ root: "examples/wagmi", configFile: false, logLevel: "error", build: { outDir, emptyOutDir: true, target: "es2024" } });
      expect(await readdir(outDir)).to.include("index.html");
    } finally {
      await rm(outDir, { recursive: true, force: true });
    }
  });

  it("hardhat: keepers read and answer on a chain whose date is in the past, by HTTP and on chain", async () => {
    const { code, output } = await runCommand("hardhat", ["test", "mocha", "--network", "past", "--grep", "a member reads"], {
      cwd: "examples/hardhat",
    });
    expect(code, output).to.equal(0);
    expect(output).to.match(/2 passing/);
  });
});
