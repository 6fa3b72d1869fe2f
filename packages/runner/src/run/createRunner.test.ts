import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { command, data, exitWith, wat } from "../testing/wat.ts";
import { readyWithin, startChild } from "./child.ts";
import { checkModule, createRunner, type Runner } from "./createRunner.ts";
import { checkChild, findLimits } from "./limitsInForce.ts";

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? new Uint8Array(0)).toString();
const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);
const codeOf = async (run: () => Promise<unknown>): Promise<string> => {
  try {
    await run();
    return "no error";
  } catch (error) {
    return error instanceof KeyquorumError ? error.code : String(error);
  }
};
const module = async (body: string, options = {}) => checkModule(await wat(command(body, options)));
const require = createRequire(import.meta.url);
/** The file of a package that a machine may have gone without. */
const optional = (file: string): string | undefined => {
  try {
    return require.resolve(file);
  } catch {
    return undefined;
  }
};

/** Whether a process is gone, or is a zombie that nobody has waited for. */
const isGone = (pid: number): boolean => {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return true;
  }
};

describe("A runner", () => {
  let runner: Runner;
  before(async () => {
    runner = await createRunner();
  });
  after(() => runner.close());

  it("when secrets are given, they should be zeroed in the caller's hands, also when the inputs are refused", async () => {
    const value = utf8("a secret value");
    const run = await runner.start(await module(""));
    expect((await run.give({ env: [{ name: "KEY", value }] })).exitCode).to.equal(0);
    expect([...value].every((byte) => byte === 0)).to.equal(true);
    const refused = utf8("another one");
    const second = await runner.start(await module(""));
    expect(await codeOf(() => second.give({ env: [{ name: "1", value: refused }] }))).to.equal("INVALID_VALUE");
    expect([...refused].every((byte) => byte === 0)).to.equal(true);
  });

  it("when one tenant leaves bytes in its memory and in /tmp, the next should find neither", async () => {
    const openLeft =
      "(call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))";
    const leave = await module(
      `(drop ${openLeft.replace("(i32.const 0) (i64.const 2)", "(i32.const 1) (i64.const 66)")}) (i64.store (i32.const 40000) (i64.const -1))`,
      { more: data(512, "left") },
    );
    const look = await module(`(if (i64.ne (i64.load (i32.const 40000)) (i64.const 0)) (then unreachable)) ${exitWith(openLeft)}`, {
      more: data(512, "left"),
    });
    expect((await (await runner.start(leave)).give({})).exitCode).to.equal(0);
    const { outcome, exitCode } = await (await runner.start(look)).give({});
    expect([outcome.kind, exitCode]).to.deep.equal(["exited", 44]); // ENOENT
  });

  it("when a run is cancelled while it loops, or before it has its inputs, it should be over and its process gone", async () => {
    const run = await runner.start(await module("(loop $l (br $l))"));
    const running = run.give({});
    await run.compiled;
    run.cancel();
    expect((await running).outcome.kind).to.equal("cancelled");
    const early = await runner.start(await module(""));
    early.cancel();
    expect(early.signal.aborted).to.equal(true);
    expect((await early.give({})).outcome.kind).to.equal("cancelled");
  });

  it("when the host takes its time for a secret, it should count against the wall and not against the CPU", async () => {
    const run = await runner.start(
      await module("(drop (call $secretOpen (i32.const 512) (i32.const 3) (i32.const 0) (i32.const 4)))", { more: data(512, "KEY") }),
      { limits: { cpuMs: 1_000 } },
    );
    const openSecret = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      return utf8("the value of it");
    };
    const { outcome, used } = await run.give({ open: ["KEY"], openSecret });
    expect(outcome.kind).to.equal("exited");
    expect(used.hostMs).to.be.at.least(1_100);
    expect(used.cpuMs).to.be.below(1_000);
  });

  it("when a run ends while a secret is asked for, the one who asks should be told to stop", async () => {
    const run = await runner.start(
      await module("(drop (call $secretOpen (i32.const 512) (i32.const 3) (i32.const 0) (i32.const 4)))", { more: data(512, "KEY") }),
    );
    let isStopped = false;
    const openSecret = (_: string, signal: AbortSignal): Promise<Uint8Array> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          isStopped = true;
          reject(new Error("stopped"));
        });
        run.cancel();
      });
    const { outcome } = await run.give({ open: ["KEY"], openSecret });
    expect([outcome.kind, isStopped]).to.deep.equal(["cancelled", true]);
  });

  it("when arguments are not ASCII, the sizes should be those of their bytes", async () => {
    const sizes = `(import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))`;
    const bytes =
      await wat(`(module ${sizes} (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
      (func (export "_start") (drop (call $sizes (i32.const 0) (i32.const 4))) (call $exit (i32.load (i32.const 4)))))`);
    const run = await runner.start(checkModule(bytes), { args: ["m", "ö€"] });
    expect((await run.give({})).exitCode).to.equal(2 + 6);
  });

  it("when Blockless's environment is read, quotes in values should be escaped, and a small buffer should be 3, not a crash", async () => {
    const body = (length: number) =>
      `(local $e i32) (local.set $e (call $envVarRead (i32.const 512) (i32.const ${length}) (i32.const 8))) (i32.store (i32.const 16) (i32.const 512)) (i32.store (i32.const 20) (i32.load (i32.const 8)))
       (if (i32.eqz (local.get $e)) (then (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))) ${exitWith("(local.get $e)")}`;
    const env = () => [{ name: "A", value: utf8('say "hi"\n') }];
    const read = await (await runner.start(await module(body(1024)))).give({ env: env() });
    expect(JSON.parse(text(read.stdout).replace("***", JSON.stringify('say "hi"\n').slice(1, -1)))).to.deep.equal({ A: 'say "hi"\n' });
    const small = await (await runner.start(await module(body(5)))).give({ env: env() });
    expect(small.exitCode).to.equal(3);
  });

  it("when limits or names cannot be, it should say so with INVALID_VALUE", async () => {
    const one = await module("");
    for (const limits of [{ cpuMs: 0 }, { wallMs: 1.5 }, { memoryPages: 1e9 }])
      expect(await codeOf(() => runner.start(one, { limits }))).to.equal("INVALID_VALUE");
    expect(await codeOf(() => runner.start(one, { args: ["a\0b"] }))).to.equal("INVALID_VALUE");
    for (const name of ["../x", "/x", "a//b", "a/../b", ".x", "a\0"]) {
      const run = await runner.start(one);
      expect(await codeOf(() => run.give({ files: [{ name, value: utf8("x") }] })), name).to.equal("INVALID_VALUE");
    }
  });

  it("when a limit cannot be set, it should refuse to be made, and name it", async () => {
    for (const [name, file] of [
      ["network", "unshare"],
      ["parentDeath", "setpriv"],
    ] as const) {
      const works = async (tried: string): Promise<boolean> => tried !== file;
      expect(await codeOf(() => findLimits(new Set(), works))).to.equal("RUNNER_UNSUPPORTED");
      const found = await findLimits(new Set([name]), works);
      expect(found.filter(({ isInForce }) => !isInForce).map((limit) => limit.name)).to.deep.equal([name]);
    }
  });

  it("when a limit is named as done without, it should run without it, and say so", async () => {
    const other = await createRunner({ spare: 0, without: ["network", "parentDeath"] });
    expect(other.limitsInForce.filter(({ isInForce }) => !isInForce).map(({ name }) => name)).to.deep.equal(["network", "parentDeath"]);
    const run = await other.start(await module(exitWith("(i32.const 7)")));
    expect((await run.give({})).exitCode).to.equal(7);
    await other.close();
  });

  it("when a child is started, the kernel should say that each limit holds, and another number should be noticed", async () => {
    const size = { cpuMs: 5_000, memoryPages: 16, temporaryBytes: 1024 };
    const child = startChild(size, new Set());
    await child.ready;
    checkChild(child.pid, size, new Set());
    expect(readFileSync(`/proc/${child.pid}/status`, "latin1")).to.match(/^NoNewPrivs:\s+1$/m);
    for (const other of [{ cpuMs: 9_000 }, { memoryPages: 17 }])
      expect(() => checkChild(child.pid, { ...size, ...other }, new Set())).to.throw(KeyquorumError, "does not hold");
    child.kill();
    expect((await child.exited).signal).to.equal("SIGKILL");
  });

  it("when a child is stopped before it is ready, it should not be waited for", async () => {
    const child = startChild({ cpuMs: 5_000, memoryPages: 16, temporaryBytes: 1024 }, new Set());
    process.kill(child.pid, "SIGSTOP");
    expect(await readyWithin(child, 100).catch(String)).to.include("in time");
    child.kill();
    expect((await child.exited).signal).to.equal("SIGKILL");
  });

  it("when it is killed, no child should outlive it, neither one that loops nor one that waits", async () => {
    const started = spawn(process.execPath, [fileURLToPath(new URL("../testing/orphan.ts", import.meta.url))], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(started.stdout, "data")) as [Buffer];
    const children = JSON.parse(line.toString()) as readonly number[];
    expect(children.length).to.be.at.least(2);
    expect(children.some(isGone)).to.equal(false);
    started.kill("SIGKILL");
    await once(started, "exit");
    while (!children.every(isGone)) await new Promise((resolve) => setTimeout(resolve, 20)); // the test's own limit ends a wait that is for ever
  });

  it("when it was started with a file open for its children, no child should have it", async () => {
    const file = fileURLToPath(new URL("../testing/inherited.ts", import.meta.url));
    const descriptor = openSync(fileURLToPath(import.meta.url), "r");
    const nothing = Array.from({ length: 27 }, () => "ignore" as const);
    const started = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit", ...nothing, descriptor] }); // as 30: Node closes the first ones itself
    closeSync(descriptor);
    let said = "";
    for await (const part of started.stdout ?? []) said += part;
    const links = JSON.parse(said) as readonly string[];
    expect(links.filter((link) => link.endsWith("createRunner.test.ts"))).to.deep.equal([]);
    expect(links).to.include("/dev/null");
  });

  it("when no descriptors are left, a run should fail, and the runner should live on", async () => {
    const file = fileURLToPath(new URL("../testing/noDescriptors.ts", import.meta.url));
    const started = spawn("/bin/sh", ["-c", 'ulimit -n 128 && exec "$0" "$1"', process.execPath, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    for await (const part of started.stdout) said += part;
    expect(JSON.parse(said)).to.deep.equal(["RUN_FAILED", "exited"]);
  });

  it("when a module renames over a file again and again, as careful programs do, what was there should count no more", async () => {
    const rename = `(import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))`;
    const close = `(import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))`;
    const made = await wat(
      command(
        `(local $i i32) (loop $again
          (if (call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 0)) (then unreachable))
          (drop (call $close (i32.load (i32.const 0))))
          (if (call $rename (i32.const 3) (i32.const 512) (i32.const 1) (i32.const 3) (i32.const 513) (i32.const 1)) (then unreachable))
          (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.lt_u (local.get $i) (i32.const 10100))))`,
        { more: data(512, "ab") },
      ).replace("(module ", `(module ${rename} ${close} `),
    );
    expect((await (await runner.start(checkModule(made))).give({})).outcome).to.deep.equal({ kind: "exited" });
  });

  describe("other people's modules", () => {
    const cowsay = optional("wasi/example/cowsay.wasm");
    it("cowsay (Rust, wasi_unstable) should speak", async function () {
      if (cowsay === undefined || !existsSync(cowsay)) return this.skip();
      const run = await runner.start(checkModule(readFileSync(cowsay)), { args: ["cowsay", "keyquorum"] });
      const { stdout, exitCode } = await run.give({});
      expect(exitCode).to.equal(0);
      expect(text(stdout)).to.contain("< keyquorum >").and.contain("(oo)");
    });

    it("circom (Rust, 9 MB) should compile a circuit from /tmp and write its result there", async () => {
      const circuit =
        "pragma circom 2.0.0; template M() { signal input a; signal input b; signal output c; c <== a*b; } component main = M();";
      const run = await runner.start(checkModule(readFileSync(require.resolve("circom2/circom.wasm"))), {
        args: ["circom2", "/tmp/a.circom", "--r1cs", "-o", "/tmp"],
      });
      const { stdout, exitCode } = await run.give({ files: [{ name: "a.circom", value: utf8(circuit) }] });
      expect(exitCode).to.equal(0);
      expect(text(stdout)).to.contain("non-linear constraints: 1").and.contain("/tmp/a.r1cs");
    });
  });
});
