import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { cp, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const BINARY = fileURLToPath(new URL("../main.ts", import.meta.url));
const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const NAMES = [
  ...["accessManager", "keeperRegistry", "keyGeneration", "keyResharing", "shareRepairs", "documentRegistry", "accessGrants"],
  ...["shareRequests", "optimisticRequests", "receiptFaults", "readerSessions"],
];
const RUN = `"$0" ${BINARY} run --config "$1"`;
/** Fills a pipe, and ends at once when it is full. Opened once more, so that only this program's end does not wait. */
const fill = (descriptor: number): string =>
  `dd if=/dev/zero of=/proc/self/fd/${descriptor} oflag=nonblock bs=4096 count=1000 status=none 2>/dev/null`;

describe("keyquorum-keeper run, and what is done to its process", () => {
  /** A keeper's folder after `init`, of which each test has a copy. */
  let template: string;
  let directory: string;
  let configFile: string;
  const children: ChildProcess[] = [];

  before(async () => {
    template = await mkdtemp(join(tmpdir(), "keyquorum-run-"));
    const templateConfig = join(template, "keeper.toml");
    await writeFile(join(template, "vault.key"), "22".repeat(32), { mode: 0o600 });
    await writeFile(join(template, "operator.key"), "11".repeat(32), { mode: 0o600 });
    const contracts = Object.fromEntries(NAMES.map((name, index) => [name, `0x${(index + 1).toString(16).repeat(40)}`]));
    const deployment = { version: 1, chainId: "31337", genesisHash: hash("a"), block: 1, blockHash: hash("b"), contracts };
    await writeFile(join(template, "deployment.json"), JSON.stringify(deployment));
    await writeFile(
      templateConfig,
      `dataDirectory = "data"
[chain]
rpcUrls = ["http://127.0.0.1:9"]
chainId = 31337
deployment = "deployment.json"
[operator]
keyFile = "operator.key"
[vault]
keyFile = "vault.key"
[http]
port = 0
[log]
level = "trace"
`,
    );
    expect(spawnSync(process.execPath, [BINARY, "init", "--config", templateConfig]).status).to.equal(0);
  });
  after(() => rm(template, { recursive: true }));
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keyquorum-run-"));
    configFile = join(directory, "keeper.toml");
    await cp(template, directory, { recursive: true });
  });
  afterEach(async () => {
    for (const { pid } of children.splice(0)) {
      try {
        process.kill(-(pid ?? 0), "SIGKILL"); // the shell and what it started
      } catch {
        // it has ended
      }
    }
    await rm(directory, { recursive: true });
  });

  /** Runs a script of bash, whose $0 is Node and whose $1 is the configuration file. */
  const bash = (script: string, stdio: "ignore" | "pipe" = "ignore", env: NodeJS.ProcessEnv = {}) => {
    const child = spawn("bash", ["-c", script, process.execPath, configFile], {
      stdio: ["ignore", stdio, stdio],
      detached: true,
      env: { ...process.env, ...env },
    });
    children.push(child);
    const output = { text: "" };
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => (output.text += data.toString()));
    return { child, output, closed: once(child, "close") as Promise<[number | null, string | null]> };
  };
  const urlOf = async (child: ChildProcess): Promise<string> => {
    for (;;) {
      const url = await readFile(join(directory, "data/keeper.url"), "utf8").catch(() => "");
      if (url.endsWith("\n")) return url.trim();
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  /** The chain cannot be asked, so it is not ready. */
  const answers = async (url: string): Promise<readonly number[]> => {
    const statuses: number[] = [];
    for (const path of ["/livez", "/readyz", "/metrics", "/v1/keeper"])
      statuses.push((await fetch(url + path, { signal: AbortSignal.timeout(10_000) })).status);
    return statuses;
  };
  const droppedAt = async (url: string): Promise<number> =>
    Number(/^keeper_log_lines_dropped_total (\d+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
  /** Makes the keeper log. */
  const makeItLog = async (url: string, pid: number): Promise<void> => {
    for (let count = 0; count < 20; count += 1) {
      process.kill(pid, "SIGUSR1");
      await fetch(`${url}/livez`);
    }
  };
  const stopped = async (child: ChildProcess, closed: Promise<[number | null, string | null]>): Promise<number | null> => {
    child.kill("SIGTERM");
    return (await closed)[0];
  };

  it("when nobody reads its output and the pipe is full, it should answer as before, and end when it is told to", async () => {
    const { child, closed } = bash(`exec 3> >(exec sleep 1000); ${fill(3)}; exec ${RUN} >&3 2>&3`);
    const url = await urlOf(child);
    await makeItLog(url, child.pid ?? 0);
    expect(await answers(url)).to.deep.equal([200, 503, 200, 503]);
    expect(await stopped(child, closed)).to.equal(0);
  });

  it("when the reader of its output dies, it should continue, and count the lines that nobody read", async () => {
    const { child, closed } = bash(`exec 3> >(exec head -n 1 >/dev/null); exec ${RUN} >&3 2>&3`);
    const url = await urlOf(child);
    await makeItLog(url, child.pid ?? 0);
    await makeItLog(url, child.pid ?? 0);
    expect(await answers(url)).to.deep.equal([200, 503, 200, 503]);
    expect(await droppedAt(url)).to.be.greaterThan(0);
    expect(await stopped(child, closed)).to.equal(0);
  });

  it("when its terminal was stopped (Ctrl-S), it should answer as before", async () => {
    // script(1) gives it a terminal, and stops reading from that when its own output is full.
    const pidFile = join(directory, "pid");
    const inTerminal = `echo $$ > ${pidFile}; exec ${RUN.replace("$0", process.execPath).replace("$1", configFile)}`;
    const { child } = bash(`exec 3> >(exec sleep 1000); ${fill(3)}; exec script -qefc '${inTerminal}' /dev/null >&3`);
    const url = await urlOf(child);
    const pid = Number(await readFile(pidFile, "utf8"));
    for (let round = 0; round < 10; round += 1) await makeItLog(url, pid); // a terminal holds 4 KiB
    expect(await answers(url)).to.deep.equal([200, 503, 200, 503]);
  });

  it("when it cannot start and nobody reads its output, it should end", async () => {
    await writeFile(join(directory, "operator.key"), "22".repeat(32), { mode: 0o600 });
    const { closed } = bash(`exec 3> >(exec sleep 1000); ${fill(3)}; exec ${RUN} >&3 2>&3`);
    expect((await closed)[0]).to.equal(1);
  });

  it("when it gets SIGUSR1, it should open no debugger, and say that it was asked", async () => {
    const { child, output, closed } = bash(`exec ${RUN}`, "pipe");
    const url = await urlOf(child);
    await makeItLog(url, child.pid ?? 0);
    expect(await stopped(child, closed)).to.equal(0);
    expect(output.text).to.include("SIGUSR1").and.not.include("Debugger listening");
  });

  it("when it gets SIGUSR1 before it has read its configuration, it should open no debugger", async () => {
    const [content, waiting] = [await readFile(configFile), join(directory, "waiting.toml")];
    const { child, output, closed } = bash(`mkfifo ${waiting}; exec ${RUN.replace("$1", waiting)}`, "pipe");
    const isWaiting = async (): Promise<boolean> => {
      const pipe = await open(waiting, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined); // fails until somebody reads
      if (pipe === undefined) return false;
      process.kill(child.pid ?? 0, "SIGUSR1");
      await new Promise((resolve) => setTimeout(resolve, 300)); // a debugger says so at once
      await pipe.write(content);
      await pipe.close();
      return true;
    };
    while (!(await isWaiting())) await new Promise((resolve) => setTimeout(resolve, 20));
    await urlOf(child);
    expect(await stopped(child, closed)).to.equal(0);
    expect(output.text).to.include("Keeper has stopped").and.not.include("Debugger listening");
  });

  it("when NODE_OPTIONS opens a debugger, or cores are on, it should warn; with neither, not", async () => {
    const open = bash(`ulimit -c unlimited 2>/dev/null; exec ${RUN}`, "pipe", { NODE_OPTIONS: "--inspect=127.0.0.1:0" });
    await urlOf(open.child);
    await stopped(open.child, open.closed);
    expect(open.output.text).to.include("A debugger can attach").and.include("NODE_OPTIONS");

    const quiet = bash(`ulimit -c 0; exec ${RUN}`, "pipe");
    await urlOf(quiet.child);
    await stopped(quiet.child, quiet.closed);
    expect(quiet.output.text).not.to.include("debugger").and.not.include("core file").and.not.include("NODE_OPTIONS");
    expect(quiet.output.text).to.include("Keeper has stopped"); // the last line of an orderly end
    for (const line of quiet.output.text.trim().split("\n")) expect(() => JSON.parse(line) as unknown, line).not.to.throw();
  });
});
