import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseDeployment } from "@keyquorum/bindings";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { clientPatience, createRunFolder, developmentKey, freePort, measurePatience } from "@keyquorum/cluster";
import { JsonRpcProvider, NonceManager, Wallet } from "ethers";
import { startBusyLoops } from "./busyLoops.ts";

/** One of the programs that a stranger runs first. `detail`: what it said where it did not hold. */
export type SlowPart = { readonly what: string; readonly held: boolean; readonly seconds: number; readonly detail: string };

export type SlowReport = {
  readonly loops: number;
  /** As measured beside the loops: how many times slower than an idle machine this one was. */
  readonly patience: number;
  readonly parts: readonly SlowPart[];
  /** Folders that were left behind. */
  readonly left: readonly string[];
};

const TEXT = "the well is behind the third oak";

/**
 * Whether devnet, the demo and the Hardhat plugin hold on a machine that is busy with `loops` other programs. Ctrl-C stops the loops and what runs
 * beside them.
 */
export const runSlow = async ({ loops, say }: { readonly loops: number; readonly say: (line: string) => void }): Promise<SlowReport> => {
  const { path: directory, discard } = await createRunFolder("keyquorum-slow-");
  const end = (): void => process.exit(130); // the loops and programs end with this one
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  const stop = startBusyLoops(loops);
  try {
    const patience = measurePatience();
    say(`${loops} busy loops; this machine is ${patience.toFixed(1)} times slower than an idle one`);
    const parts: SlowPart[] = [];
    for (const [what, run] of [
      ["devnet, a key, publish, grant, read, Ctrl-C", tryDevnet],
      ["demo", tryDemo],
      ["a project's tests with the Hardhat plugin", tryPlugin],
    ] as const) {
      const started = performance.now();
      const detail = await run(directory).catch((error: unknown) =>
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
      const part = { what, held: detail === "", seconds: Math.round((performance.now() - started) / 1_000), detail };
      say(`  ${part.held ? "held  " : "FAILED"} ${what}: ${part.seconds} s${part.held ? "" : `\n${detail}`}`);
      parts.push(part);
    }
    const left = (await readdir(directory)).filter((name) => name.startsWith("keyquorum-"));
    return { loops, patience, parts, left };
  } finally {
    stop();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, end);
    discard();
  }
};

/** Returns what went wrong; empty where nothing did. Its files are in `directory`, so that what it leaves behind is seen. */
type Try = (directory: string) => Promise<string>;

type Program = {
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  /** Resolves with true when it has written this, with false when it ends first. */
  readonly untilWritten: (text: string) => Promise<boolean>;
  readonly signal: (name: NodeJS.Signals) => void;
};

/** Starts a program whose temporary files are in `directory`. It is told to end when this one ends. */
const startProgram = (directory: string, command: string, args: readonly string[], cwd: string): Program => {
  const env = { ...process.env, TMPDIR: directory, FORCE_COLOR: "0", NO_COLOR: "1", HARDHAT_DISABLE_TELEMETRY: "true" };
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  const tell = (): void => void child.kill("SIGTERM");
  process.once("exit", tell);
  const ended = new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => {
      process.off("exit", tell);
      done(code);
    });
  });
  const untilWritten: Program["untilWritten"] = (text) =>
    new Promise((done) => {
      child.stdout.on("data", () => {
        if (output.includes(text)) done(true);
      });
      void ended.finally(() => done(false));
    });
  return { output: () => output, ended, untilWritten, signal: (name) => void child.kill(name) };
};

const tryDevnet: Try = async (directory) => {
  const port = await freePort();
  const devnet = startProgram(directory, process.execPath, [resolve("scripts/devnet.ts"), "--port", String(port)], directory);
  try {
    if (!(await devnet.untilWritten("Ctrl-C stops it all"))) return devnet.output();
    const file = /^ {2}deployment +(\S+)/m.exec(devnet.output())?.[1] ?? "";
    const read = await publishAndRead(join(directory, file), `http://127.0.0.1:${port}`);
    if (read !== TEXT) return `Bob read: ${read}`;
    devnet.signal("SIGINT");
    const code = await devnet.ended;
    return code === 0 ? "" : `devnet ended with ${code} after Ctrl-C:\n${devnet.output()}`;
  } finally {
    devnet.signal("SIGTERM");
    await devnet.ended;
  }
};

const publishAndRead = async (deploymentFile: string, rpcUrl: string): Promise<string> => {
  const deployment = parseDeployment(JSON.parse(await readFile(deploymentFile, "utf8")));
  const provider = new JsonRpcProvider(rpcUrl, deployment.chainId, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
  try {
    const blobs = createMemoryBlobStore();
    const clientOf = (index: number) =>
      createClient({
        ...{ signer: new NonceManager(new Wallet(developmentKey(index), provider)), deployment, blobs, cipher: nodeChunkCipher },
        ...clientPatience(measurePatience()),
      });
    const [alice, bob] = [clientOf(1), clientOf(2)];
    const { document } = await alice.publish(await alice.encryptDocument(TEXT));
    await alice.grant(document, await bob.address());
    return await (await bob.requestOffChain(document)).text();
  } finally {
    provider.destroy();
  }
};

const tryDemo: Try = async (directory) => {
  const demo = startProgram(directory, process.execPath, ["scripts/demo.ts"], ".");
  return (await demo.ended) === 0 ? "" : demo.output();
};

const tryPlugin: Try = async (directory) => {
  const tests = startProgram(directory, "hardhat", ["test", "mocha"], "examples/hardhat");
  const code = await tests.ended;
  return code === 0 && tests.output().includes("3 passing") ? "" : tests.output();
};

/** The report as cells of docs/TRACK_RECORD.md. */
export const slowCells = ({ loops, patience, parts, left }: SlowReport): readonly string[] => [
  String(loops),
  `${patience.toFixed(1)} times`,
  ...parts.map(({ held, seconds }) => `${held ? "held" : "FAILED"}, ${seconds} s`),
  left.length === 0 ? "none" : left.join(", "),
];
