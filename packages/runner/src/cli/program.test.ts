import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { createRemoteRunner } from "../remote/createRemoteRunner.ts";
import { callerWallet, DOMAIN, makeServedFolder, RUNNER, type ServedFolder } from "../testing/servedRunner.ts";
import { command, wat } from "../testing/wat.ts";
import { createProgram } from "./program.ts";

const BINARY = fileURLToPath(new URL("./main.ts", import.meta.url));
const NAMES = [
  ...["accessManager", "keeperRegistry", "keyGeneration", "keyResharing", "shareRepairs", "documentRegistry", "accessGrants"],
  ...["shareRequests", "optimisticRequests", "receiptFaults", "readerSessions"],
];

/** Processes whose parent this one is, or was. */
const childrenOf = (pid: number): readonly number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((each) => {
      try {
        return each > 0 && readFileSync(`/proc/${each}/status`, "latin1").includes(`\nPPid:\t${pid}\n`);
      } catch {
        return false;
      }
    });
const isGone = (pid: number): boolean => {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return true;
  }
};

describe("keyquorum-runner", () => {
  let folder: ServedFolder;
  const started: ChildProcess[] = [];
  before(async () => {
    folder = await makeServedFolder(
      { loop: { bytes: await wat(command("(loop $l (br $l))")), manifest: "[limits]\ncpuMs = 600000\nwallMs = 600000" } },
      {
        more: "[limits]\ncpuMs = 600000\nwallMs = 600000",
      },
    );
    const contracts = Object.fromEntries(NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).repeat(40)}`]));
    const deployment = {
      version: 1,
      chainId: "31337",
      genesisHash: `0x${"a".repeat(64)}`,
      block: 1,
      blockHash: `0x${"b".repeat(64)}`,
      contracts,
    };
    await writeFile(join(folder.directory, "deployment.json"), JSON.stringify(deployment));
  });
  after(async () => {
    for (const one of started) one.kill("SIGKILL");
    await folder.remove();
  });

  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...args, "--config", folder.configFile], { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  /** Starts the service and waits until it says where it listens. */
  const start = async (): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
    const child = spawn(process.execPath, [BINARY, "run", "--config", folder.configFile], { stdio: ["ignore", "pipe", "inherit"] });
    started.push(child);
    let said = "";
    for await (const part of child.stdout ?? []) {
      said += part;
      const url = /"url":"([^"]+)"/.exec(said)?.[1];
      if (url !== undefined) return { child, url };
    }
    throw new Error(`It did not start: ${said}`);
  };

  it("says in each help text what it looks like in use", () => {
    for (const one of createProgram().commands) {
      let text = "";
      one.configureOutput({
        writeOut: (part) => {
          text += part;
        },
      });
      one.outputHelp();
      expect(text, one.name()).to.include("Examples:").and.include("$ keyquorum-runner");
    }
  });

  it("init makes the data once; doctor says what holds, and what is wrong", () => {
    const made = run("init", "--json");
    expect([made.status, JSON.parse(made.stdout).runner]).to.deep.equal([0, RUNNER]);
    const again = run("init");
    expect([again.status, again.stderr.split(":")[0]]).to.deep.equal([1, "RUNNER_ALREADY_INITIALISED"]);
    const offline = run("doctor", "--offline", "--json");
    const found = JSON.parse(offline.stdout) as { readonly ok: boolean; readonly limits: readonly { readonly isInForce: boolean }[] };
    expect([offline.status, found.ok, found.limits.every(({ isInForce }) => isInForce)]).to.deep.equal([0, true, true]);
    const online = run("doctor", "--json"); // nothing answers at the RPC's port
    expect([online.status, JSON.parse(online.stdout).ok]).to.deep.equal([3, false]);
    expect(run("status").status).to.equal(1);
  });

  it("when it is killed, leaves no child and no file of a run, and says so to the caller at the next start, and runs nothing again", async () => {
    const first = await start();
    const as = (url: string) => createRemoteRunner({ url, signer: callerWallet(1), domain: DOMAIN });
    const files = await readdir(folder.directory, { recursive: true });
    const running = as(first.url)
      .run({ module: folder.hashes.loop as never })
      .catch((error: { readonly code: string }) => error.code);
    const isRunning = async (): Promise<boolean> => (await as(first.url).list()).some(({ state }) => state === "running");
    while (!(await isRunning())) await new Promise((resolve) => setTimeout(resolve, 20)); // the test's own limit ends a wait that is for ever
    const [{ id } = { id: "0x" }] = await as(first.url).list();
    const children = childrenOf(first.child.pid ?? 0);
    expect(children.length).to.be.at.least(1);
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    while (!children.every(isGone)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await running).to.equal("UNAVAILABLE");
    expect(await readdir(folder.directory, { recursive: true })).to.have.members(files);

    const second = await start();
    const told = await as(second.url).read(id as never);
    expect([told.state, told.failure?.code]).to.deep.equal(["failed", "RUN_INTERRUPTED"]);
    const taken = run("run");
    expect([taken.status, taken.stderr.split(":")[0]]).to.deep.equal([1, "RUNNER_ALREADY_RUNNING"]);
    const status = run("status", "--json");
    expect([status.status, JSON.parse(status.stdout).reasons]).to.deep.equal([3, ["chain_unreachable"]]);
    second.child.kill("SIGTERM");
    const [code] = await once(second.child, "exit");
    expect(code).to.equal(0);
  });
});
