import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startLocalChain } from "@keyquorum/cluster";
import type { Compared } from "./compare.ts";

const METER = pathToFileURL(join(import.meta.dirname, "cpuAtExit.mjs")).href;
const HARDHAT = "node_modules/hardhat/dist/src/cli.js";

/** Milliseconds of CPU that a program of a commit takes until it ends. Throws where it fails. */
const cpuOf = async (folder: string, args: readonly string[], scratch: string): Promise<number> => {
  const file = join(scratch, "cpu");
  await rm(file, { force: true });
  const env = { ...process.env, KEYQUORUM_CPU_FILE: file, HARDHAT_DISABLE_TELEMETRY: "true" };
  const child = spawn(process.execPath, ["--import", METER, ...args], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("exit", resolve));
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${said.slice(0, 500)}`);
  return Number((await readFile(file, "utf8")).trim().split("\n").at(-1)) / 1000;
};

/** CPU time of programs from their start to their end: a help text, one question to a chain, and the keeper's own program. */
export const withStartUp = async (rounds: number, work: (rows: readonly Compared[]) => Promise<void>): Promise<void> => {
  const scratch = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: 1_000 });
  try {
    const deployment = join(scratch, "deployment.json");
    const task = (...args: readonly string[]): readonly string[] => [HARDHAT, "keyquorum", ...args];
    await cpuOf(join(import.meta.dirname, "../../.."), task("deploy", "--yes", "--rpc", chain.rpcUrl, "--deployment", deployment), scratch);
    const row = (name: string, args: readonly string[]): Compared => ({
      name,
      unit: "ms",
      rounds,
      measure: ({ folder }) => cpuOf(folder, args, scratch),
    });
    await work([
      row("hardhat --version, CPU: what Hardhat takes before it reads a configuration", [HARDHAT, "--version"]),
      row("document list --help, CPU", task("document", "list", "--help")),
      row("document list, CPU", task("document", "list", "--rpc", chain.rpcUrl, "--deployment", deployment)),
      row("keyquorum-keeper --help, CPU", ["packages/cli/src/main.ts", "--help"]),
    ]);
  } finally {
    await chain.stop();
    await rm(scratch, { recursive: true, force: true });
  }
};
