import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { developmentKey, freePort, waitFor } from "@keyquorum/cluster";
import { createRemoteRunner } from "@keyquorum/runner";
import { KeyquorumError, parseAddress, parseHash32 } from "@keyquorum/wire";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { addressOf, type Delivery, manifestOf, type Run } from "./wasmCommands.ts";
import { ACCOUNTS } from "./wasmWorld.ts";
import { need, type World } from "./world.ts";

/** The shipped binary: `keyquorum-runner`. */
const RUNNER_BINARY = fileURLToPath(import.meta.resolve("@keyquorum/runner/cli"));

/** Starts Bob's service for these modules, and Alice as the one who may have them run. Returns its process and address. */
export const startService = async (
  world: World,
  modules: Readonly<Record<string, Delivery>>,
): Promise<{ readonly pid: number; readonly url: string }> => {
  const { wasm, chain, cluster } = need(world, "wasm", "chain", "cluster");
  const [password, port] = ["a password of the demo", await freePort()];
  const keystore = encryptKeystoreJsonSync(new Wallet(developmentKey(ACCOUNTS.bob)), password, { scrypt: { N: 1_024 } });
  await writeFile(join(wasm.folder, "runner.key.json"), keystore, { mode: 0o600 });
  await writeFile(join(wasm.folder, "runner.password"), password, { mode: 0o600 });
  const manifests = await Promise.all(Object.entries(modules).map(async ([file, as]) => manifestOf(world, "bob", file, as)));
  const config = join(wasm.folder, "runner.toml");
  await writeFile(
    config,
    `dataDirectory = "runner"
callers = ["${await addressOf(world, "alice")}"]
[chain]
rpcUrls = ["${chain.rpcUrl}"]
chainId = ${chain.chainId}
deployment = "${cluster.deploymentFile}"
[key]
keystoreFile = "runner.key.json"
passphraseFile = "runner.password"
[blobs]
directory = "${join(world.directory, "blobs")}"
[http]
port = ${port}
[egress]
privateHosts = ["${wasm.endpoint.host}"]
[records]
keepOutput = true
${manifests.map((manifest) => `[[modules]]\nmanifest = "${manifest}"\ncallerMay = ["stdin"]\n`).join("")}`,
  );
  const command = (name: string) => {
    const started = spawn(process.execPath, [RUNNER_BINARY, name, "--config", config], {
      env: { ...process.env, KEYQUORUM_DEMO_CONTROL: wasm.control },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [started.stdout, started.stderr]) stream.setEncoding("utf8").on("data", (part: string) => wasm.printed.push(part));
    return started;
  };
  const [code] = (await once(command("init"), "close")) as [number];
  if (code !== 0) throw new Error(`keyquorum-runner init ended with ${code}: ${wasm.printed.slice(-2).join("")}`);
  const url = `http://127.0.0.1:${port}`;
  const service = command("run");
  wasm.service = { process: service, url };
  await waitFor(
    "Bob's runner is ready",
    async () => {
      if (service.exitCode !== null) throw new Error(`keyquorum-runner run ended: ${wasm.printed.slice(-3).join("")}`);
      return fetch(`${url}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      );
    },
    { chain },
  );
  return { pid: service.pid ?? 0, url };
};

/** Alice has Bob's service run a module: she signs the request, and believes its record. */
export const runByService = async (world: World, file: string): Promise<Run> => {
  const { wasm, chain } = need(world, "wasm", "chain");
  if (wasm.service === undefined) throw new Error("Bob's service has not been started");
  const bytes = await readFile(join(wasm.folder, file));
  const remote = createRemoteRunner({
    url: wasm.service.url,
    signer: chain.account(ACCOUNTS.alice),
    domain: { chainId: chain.chainId, runner: parseAddress((await addressOf(world, "bob")).toLowerCase()) },
  });
  const stdin = Buffer.from(JSON.stringify({ url: wasm.endpoint.url }));
  try {
    const { record, stdout, stderr } = await remote.run({
      module: parseHash32(`0x${createHash("sha256").update(bytes).digest("hex")}`),
      ...{ stdin, keepOutput: true },
    });
    const text = (output: Uint8Array | undefined): string => Buffer.from(output ?? []).toString();
    return { code: undefined, exitCode: record.exitCode, stdout: text(stdout), stderr: text(stderr), record };
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    return { code: error.code, exitCode: undefined, stdout: "", stderr: "", record: undefined };
  }
};
