import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { createProgram } from "./program.ts";

const BINARY = fileURLToPath(new URL("./main.ts", import.meta.url));
const OPERATOR_KEY = "4a11e0".padEnd(64, "0badc0de");
const PASSPHRASE = "canary passphrase of the vault";
const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const NAMES = [
  "accessManager",
  "keeperRegistry",
  "keyGeneration",
  "keyResharing",
  "shareRepairs",
  "documentRegistry",
  "accessGrants",
  "shareRequests",
  "optimisticRequests",
  "receiptFaults",
  "readerSessions",
];

describe("keyquorum-keeper, the process", () => {
  let directory: string;
  let configFile: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-cli-"));
    configFile = join(directory, "keeper.toml");
    await writeFile(join(directory, "passphrase"), PASSPHRASE, { mode: 0o600 });
    await writeFile(join(directory, "operator.key"), OPERATOR_KEY, { mode: 0o600 });
    const contracts = Object.fromEntries(NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).repeat(40)}`]));
    await writeFile(
      join(directory, "deployment.json"),
      JSON.stringify({ version: 1, chainId: "31337", genesisHash: hash("a"), block: 1, blockHash: hash("b"), contracts }),
    );
    await writeFile(
      configFile,
      `dataDirectory = "data"
[chain]
rpcUrls = ["http://127.0.0.1:9/canary-rpc-key"]
chainId = 31337
deployment = "deployment.json"
[operator]
keyFile = "operator.key"
[vault]
passphraseFile = "passphrase"
[http]
port = 0
`,
    );
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
    await rm(directory, { recursive: true });
  });

  const start = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [BINARY, ...args, "--config", configFile], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (data: Buffer) => {
      output.stdout += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      output.stderr += data.toString();
    });
    const code = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, output, code };
  };
  const finish = async (...args: readonly string[]) => {
    const { output, code } = start(...args);
    return { code: await code, ...output };
  };
  /** The same without a process: for what neither runs a keeper nor is refused by commander, which would end this process. */
  const perform = async (...args: readonly string[]) => {
    const output = { stdout: "", stderr: "" };
    const { log, error } = console;
    const { exitCode } = process;
    console.log = (text: string) => {
      output.stdout += `${text}\n`;
    };
    console.error = (text: string) => {
      output.stderr += `${text}\n`;
    };
    process.exitCode = undefined;
    try {
      await createProgram().parseAsync([process.execPath, BINARY, ...args, "--config", configFile]);
      return { code: process.exitCode ?? 0, ...output };
    } finally {
      Object.assign(console, { log, error });
      process.exitCode = exitCode;
    }
  };

  it("goes through a keeper's first day: check, init, run, status, stop", async () => {
    const checked = await perform("config", "check", "--json");
    expect([checked.code, (JSON.parse(checked.stdout) as { ok: boolean }).ok]).to.deep.equal([0, true]);

    const created = await finish("init", "--json");
    expect(created.code).to.equal(0);
    expect(created.stderr).to.match(/^Warning: could not ask the chain/);
    expect(created.stderr.trim().split("\n")).to.have.length(1);
    expect(Object.keys(JSON.parse(created.stdout) as object)).to.deep.equal(["dataDirectory", "operator", "identityKey"]);
    const again = await perform("init", "--new-identity", "--json");
    expect([again.code, (JSON.parse(again.stderr) as { error: { code: string } }).error.code]).to.deep.equal([
      1,
      "KEEPER_ALREADY_INITIALISED",
    ]);

    const { child, output, code } = start("run");
    const listening = async (): Promise<string> => {
      for (;;) {
        const line = output.stdout.split("\n").find((text) => text.includes('"Keeper is listening"'));
        if (line !== undefined) return (JSON.parse(line) as { url: string }).url;
        if (child.exitCode !== null) throw new Error(output.stdout + output.stderr);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const url = await listening();
    expect(await readFile(join(directory, "data/keeper.url"), "utf8")).to.equal(`${url}\n`);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).to.equal(503);

    const repair = await perform("repair", "--json");
    expect([repair.code, JSON.parse(repair.stdout)]).to.deep.equal([0, { automatic: true, started: 0, missing: [] }]);
    const unknown = await perform("repair", "--key", `0x${"1".repeat(64)}`, "--json");
    expect([unknown.code, (JSON.parse(unknown.stderr) as { error: { code: string } }).error.code]).to.deep.equal([1, "SHARE_NOT_MISSING"]);
    const status = await finish("status", "--json");
    expect([status.code, (JSON.parse(status.stdout) as { ready: boolean; slot: number }).slot]).to.deep.equal([3, 0]);

    child.kill("SIGTERM");
    expect(await code).to.equal(0);
    expect((await perform("status")).code).to.equal(1);
    expect((await perform("repair")).code).to.equal(1);

    const written = JSON.stringify([checked, created, output, status]);
    for (const secret of [OPERATOR_KEY, PASSPHRASE, "canary-rpc-key"]) expect(written).not.to.include(secret);
  });

  it("replaces an operator's key and an identity key, and vetoes epochs", async () => {
    const first = JSON.parse((await perform("init", "--json")).stdout) as { operator: string; identityKey: string };
    await writeFile(configFile, (await readFile(configFile, "utf8")).replace("operator.key", "operator2.key"));
    const missing = await perform("identity", "list");
    expect([missing.code, missing.stderr.split(":")[0]]).to.deep.equal([1, "SECRET_FILE_MISSING"]);
    const replaced = await perform("operator", "replace", "--create", "--json");
    const { from, to, dropped } = JSON.parse(replaced.stdout) as { from: string; to: string; dropped: string[] };
    expect([replaced.code, from, dropped]).to.deep.equal([0, first.operator, []]);
    expect((await perform("operator", "replace")).stdout).to.include(`already bound to ${to}`);

    const made = await perform("identity", "new", "--json");
    const { identityKey } = JSON.parse(made.stdout) as { identityKey: string };
    expect((await perform("identity", "list")).stdout.trim().split("\n")).to.deep.equal([first.identityKey, identityKey]);

    expect((await perform("veto", "--epoch", "4")).stdout).to.equal("Vetoed: 4\n");
    expect(JSON.parse((await perform("veto", "--json")).stdout)).to.deep.equal({ vetoed: [4] });
    expect((await perform("veto", "--epoch", "4", "--lift")).stdout).to.equal("No epoch is vetoed.\n");
    expect((await finish("veto", "--epoch", "0")).code).to.equal(1);
    expect((await perform("veto", "--lift")).code).to.equal(1);
    const newKey = await readFile(join(directory, "operator2.key"), "utf8");
    expect(JSON.stringify([replaced, made])).not.to.include(newKey.trim().slice(2));
  });

  it("says what to run when the configuration names another operator than the data", async () => {
    expect((await perform("init")).code).to.equal(0);
    await writeFile(join(directory, "operator.key"), "11".repeat(32), { mode: 0o600 });
    const { code, stderr } = await finish("run");
    expect([code, stderr.split(":")[0], stderr.includes("operator replace")]).to.deep.equal([1, "KEEPER_FOREIGN_DATA", true]);
  });

  it("run without init fails with one sentence and no stack trace", async () => {
    const { code, stderr, stdout } = await finish("run");
    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/^KEEPER_NOT_INITIALISED: /)
      .and.not.match(/\n\s+at /);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { code?: string }).code),
    ).to.include("KEEPER_NOT_INITIALISED");
  });

  it("a keeper that cannot listen fails with a code and not with exit code 0", async () => {
    expect((await perform("init")).code).to.equal(0);
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    try {
      const { port } = taken.address() as AddressInfo;
      await writeFile(configFile, (await readFile(configFile, "utf8")).replace("port = 0", `port = ${port}`));
      const { code, stderr } = await finish("run");
      expect([code, stderr.split(":")[0], stderr.trim().split("\n").length]).to.deep.equal([1, "PORT_IN_USE", 1]);
    } finally {
      taken.close();
    }
  });

  it("says which field of the configuration is wrong", async () => {
    await writeFile(configFile, (await readFile(configFile, "utf8")).replace("port = 0", "prot = 0"));
    const { code, stderr } = await perform("config", "check");
    expect([code, stderr.includes("http.prot")]).to.deep.equal([1, true]);
  });
});
