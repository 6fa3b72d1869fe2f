import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { mochaOptions } from "./testCommand.ts";

const root = join(import.meta.dirname, "..", "..");

/** A test that starts a process in a folder of its own, as those with clusters do, and waits for ever. */
const TEST = `
import { spawn } from "node:child_process";
import { createRunFolder } from ${JSON.stringify(join(root, "packages", "cluster", "src", "runFolder.ts"))};
import { endWithUs } from ${JSON.stringify(join(root, "packages", "cluster", "src", "stopProcess.ts"))};
it("waits", async () => {
  const { path } = await createRunFolder("keyquorum-test-");
  const { pid } = endWithUs(spawn("sleep", ["600"], { stdio: "ignore" }));
  console.log(JSON.stringify({ path, pid }) + "\\nready");
  await new Promise(() => setInterval(() => {}, 60_000));
});
`;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("system tests that are stopped by a signal", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keyquorum-test-"));
    writeFileSync(join(folder, "waits.mjs"), TEST);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    it(`leave no process and no folder behind: ${signal}`, async () => {
      const options = mochaOptions(join(root, "test", "system", ".mocharc.json"));
      const { KEYQUORUM_TEST_RESULTS: _, ...env } = process.env;
      const mocha = spawn("mocha", [...options, join(folder, "waits.mjs")], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
      let printed = "";
      mocha.stdout.on("data", (data: Buffer) => {
        printed += data.toString();
        if (printed.includes("ready")) mocha.kill(signal);
      });
      const ended = await new Promise((resolve) => mocha.once("close", resolve));
      const line = printed.split("\n").find((text) => text.startsWith("{")) ?? "{}";
      const { path, pid } = JSON.parse(line) as { readonly path: string; readonly pid: number };
      expect([ended, existsSync(path)]).to.deep.equal([code, false]);
      for (let tries = 0; isAlive(pid) && tries < 100; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(isAlive(pid)).to.equal(false);
    });
});
