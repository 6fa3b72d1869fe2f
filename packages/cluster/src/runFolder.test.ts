import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { createRunFolder } from "./runFolder.ts";

const MODULE = fileURLToPath(new URL("./runFolder.ts", import.meta.url));

/** A program with a keeper's folder in it and a child that goes on writing into it, which then runs `end`. */
const PROGRAM = (end: string): string => `
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRunFolder, deleteOnSignals } from ${JSON.stringify(MODULE)};
import { endWithUs } from ${JSON.stringify(join(dirname(MODULE), "stopProcess.ts"))};
const folder = await createRunFolder("keyquorum-test-");
const keeper = folder.path + "/keeper-1";
mkdirSync(keeper + "/data", { recursive: true });
writeFileSync(keeper + "/data/vault.sqlite", "secret");
writeFileSync(keeper + "/operator.key", "secret");
writeFileSync(keeper + "/keeper.log", "a line");
const child = endWithUs(spawn("sleep", ["60"], { stdio: "ignore" }));
console.log(JSON.stringify({ path: folder.path, pid: child.pid }));
${end}
`;

type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly path: string;
  readonly pid: number;
};

/** Runs the program, sends `signal` when it is ready, and says how it ended. */
const run = (end: string, signal?: NodeJS.Signals): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", PROGRAM(end)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
      if (stdout.includes("ready") && signal !== undefined) child.kill(signal);
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.once("error", reject);
    child.once("close", (code, killedBy) => {
      const first = stdout.split("\n")[0] ?? "";
      if (!first.startsWith("{")) reject(new Error(`The program did not begin: ${stderr}`));
      else resolve({ code, signal: killedBy, stderr, ...(JSON.parse(first) as { readonly path: string; readonly pid: number }) });
    });
  });

const WAIT = 'console.log("ready"); setTimeout(() => {}, 60_000);';
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const untilGone = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe("the folder of a run", () => {
  for (const [how, end] of [
    ["its end", ""],
    ["exit code 1", "process.exit(1);"],
  ] as const)
    it(`leaves nothing behind after ${how}`, async () => {
      const { path, pid } = await run(end === "" ? "child.unref();" : end);
      expect(existsSync(path)).to.equal(false);
      await untilGone(pid);
    });

  for (const [what, end] of [
    ["an unhandled rejection", 'void Promise.reject(new Error("broken"));'],
    ["an uncaught error", 'setTimeout(() => { throw new Error("broken"); }, 1);'],
  ] as const)
    it(`keeps only the logs after ${what}, and names them`, async () => {
      const { path, code, stderr } = await run(end);
      try {
        expect(code).to.equal(1);
        expect(readdirSync(path, { recursive: true })).to.have.members(["keeper-1", "keeper-1/keeper.log"]);
        expect(stderr).to.include(join(path, "keeper-1", "keeper.log"));
      } finally {
        rmSync(path, { recursive: true, force: true });
      }
    });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    it(`leaves nothing behind in a program that knows nothing of ${signal}, which ends by it all the same`, async () => {
      const ended = await run(`deleteOnSignals(); ${WAIT}`, signal);
      expect([ended.signal, existsSync(ended.path)]).to.deep.equal([signal, false]);
      await untilGone(ended.pid);
    });

  it("leaves the end to a program that listens to the signal itself", async () => {
    const own = 'process.on("SIGTERM", () => setTimeout(() => process.exit(7), 50));';
    const { code, path } = await run(`deleteOnSignals(); ${own} ${WAIT}`, "SIGTERM");
    expect([code, existsSync(path)]).to.deep.equal([7, false]);
  });

  it("sends a signal again to who ends the program only when it listens alone", async () => {
    const shy = 'const shy = () => { if (process.listenerCount("SIGINT") === 1) process.exit(9); }; process.on("SIGINT", shy);';
    const { code } = await run(`${shy} deleteOnSignals(); ${WAIT}`, "SIGINT");
    expect(code).to.equal(9);
  });

  it("keeps logs and nothing that is only called so: no link, no folder, no copy of a vault", async () => {
    const folder = await createRunFolder("keyquorum-test-");
    const at = (...parts: readonly string[]): string => join(folder.path, ...parts);
    for (const name of ["keeper-1/data", "keeper-2/keeper.log", "old-disk-1"]) mkdirSync(at(name), { recursive: true });
    for (const name of ["keeper-1/data/vault.sqlite-wal", "keeper-2/keeper.log/vault.sqlite", "old-disk-1/vault.sqlite", "deployment.json"])
      writeFileSync(at(name), "secret");
    writeFileSync(at("keeper-1", "keeper.log"), "a line");
    mkdirSync(at("keeper-3"));
    symlinkSync(at("keeper-1", "data", "vault.sqlite-wal"), at("keeper-3", "keeper.log"));
    expect(folder.keepLogs()).to.deep.equal([at("keeper-1", "keeper.log")]);
    expect(readdirSync(folder.path, { recursive: true })).to.have.members(["keeper-1", "keeper-1/keeper.log"]);
    folder.discard();
    expect(existsSync(folder.path)).to.equal(false);
    expect(folder.keepLogs(), "a folder that is gone").to.deep.equal([]);
  });
});
