import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunRecordBody } from "@keyquorum/wire";
import { ACCOUNTS, type Person } from "./wasmWorld.ts";
import { need, type World } from "./world.ts";

/** What a command printed: the result of one that succeeded, the code of one that failed. */
export type Printed = { readonly value: Readonly<Record<string, unknown>>; readonly code: string | undefined };

const ROOT = join(import.meta.dirname, "../..");
const HARDHAT = join(ROOT, "node_modules/hardhat/dist/src/cli.js");

/** `npx hardhat keyquorum COMMAND` as a person, in a process of its own. */
export const runCommand = async (
  world: World,
  person: Person,
  command: readonly string[],
  { stdin = "", isOffline = false }: { readonly stdin?: string; readonly isOffline?: boolean } = {},
): Promise<Printed> => {
  const { chain, cluster, wasm } = need(world, "chain", "cluster", "wasm");
  const account = isOffline
    ? ["--rpc", "http://127.0.0.1:1"]
    : ["--rpc", chain.rpcUrl, "--deployment", cluster.deploymentFile, "--key-file", join(wasm.folder, `${person}.key`)];
  const started = spawn(
    process.execPath,
    [HARDHAT, "keyquorum", ...command, ...account, "--blobs", join(world.directory, "blobs"), "--json"],
    { cwd: ROOT, env: { ...process.env, KEYQUORUM_DEMO_CONTROL: wasm.control }, stdio: ["pipe", "pipe", "pipe"] },
  );
  started.stdin.on("error", () => undefined); // a command that reads no input may be over first
  started.stdin.end(stdin);
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) started[name].setEncoding("utf8").on("data", (part: string) => (text[name] += part));
  await once(started, "close");
  wasm.printed.push(text.stdout, text.stderr);
  try {
    const value = JSON.parse(text.stdout) as Printed["value"] & { readonly error?: { readonly code: string } };
    return { value, code: value.error?.code };
  } catch {
    throw new Error(`${command.slice(0, 2).join(" ")} printed no JSON: ${text.stdout}${text.stderr}`);
  }
};

/** How a module is run: where its key comes from, and how it learns the URL. */
export type Delivery = "open" | "env";

/** What came of a run. `code`: why it did not begin. */
export type Run = {
  readonly code: string | undefined;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly record: RunRecordBody | undefined;
};

/** Writes what a module's run is to be, as a person's `keyquorum.toml`. Returns the file. */
export const manifestOf = async (world: World, person: Person, file: string, as: Delivery): Promise<string> => {
  const { wasm } = need(world, "wasm");
  const { url, host } = wasm.endpoint;
  const manifest = join(wasm.folder, `${person}-${file}.toml`);
  await writeFile(
    manifest,
    `args = ["${url}"]
permissions = ["http://${host}/v1/"]

[module]
file = "${file}"

[[secrets]]
name = "API_KEY"
owner = "${await addressOf(world, "alice")}"
as = "${as}"
`,
  );
  return manifest;
};

/** A person runs a module with `module run`, in a process of its own. */
export const runByCommand = async (world: World, person: Person, file: string, as: Delivery): Promise<Run> => {
  const manifest = await manifestOf(world, person, file, as);
  const { value, code } = await runCommand(world, person, [
    ...["module", "run", "--manifest", manifest, "--private-host", need(world, "wasm").wasm.endpoint.host],
  ]);
  const text = (field: string): string => Buffer.from(String(value[field] ?? ""), "base64").toString();
  return {
    code,
    exitCode: value.exitCode as number | undefined,
    stdout: text("stdoutBase64"),
    stderr: text("stderrBase64"),
    record: value.record as RunRecordBody | undefined, // as `module run` prints it
  };
};

/** A person's address. */
export const addressOf = async (world: World, person: Person): Promise<string> =>
  need(world, "chain").chain.account(ACCOUNTS[person]).getAddress();
