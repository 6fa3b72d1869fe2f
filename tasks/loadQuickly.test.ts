import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "..");
const run = (code: string): string =>
  execFileSync(
    process.execPath,
    ["--input-type=module", "-e", `import { loadQuickly } from "./tasks/loadQuickly.ts"; loadQuickly(process.cwd()); ${code}`],
    {
      cwd: root,
      encoding: "utf8",
    },
  );

describe("loadQuickly", () => {
  it("loads sources, packages by their names, and packages of npm, modules or not", () => {
    const code = `
      const [task, wire, ethers, semver] = await Promise.all(["./tasks/printable.ts", "@keyquorum/wire", "ethers", "semver"].map((name) => import(name)));
      console.log(typeof task.printable, typeof wire.parseAddress, typeof ethers.Contract, typeof semver.default.valid);`;
    expect(run(code)).to.equal("function function function function\n");
  });

  it("gives each module once, whoever imports it", () => {
    const code = `
      const [client, wire] = [await import("@keyquorum/client"), await import("./packages/wire/src/index.ts")];
      console.log(client.KeyquorumError === wire.KeyquorumError);`;
    expect(run(code)).to.equal("true\n");
  });

  it("keeps the lines of errors, without source maps", () => {
    const code = `
      const { parseAddress } = await import("@keyquorum/wire");
      try { parseAddress("x"); } catch (error) { console.log(/ids\\.ts:(\\d+):\\d+/.exec(error.stack)[1]); }`;
    const plainly = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: root, encoding: "utf8" });
    expect(run(code)).to.equal(plainly);
  });
});
