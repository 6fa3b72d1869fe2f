import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { deployModuleGrants } from "@keyquorum/bindings/policies";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { developmentKey, startCluster, startLocalChain } from "@keyquorum/cluster";
import { createRunner } from "@keyquorum/runner";
import { parseAddress, parseHash32, secretSaltOf } from "@keyquorum/wire";
import { type Figure, median } from "./figures.ts";
import { type RunSetup, runOnce, type Split } from "./runnerRun.ts";

const HEAD_LOOK_MILLISECONDS = 250;
const [KEEPERS, THRESHOLD, SECRETS] = [5, 2, 10];
/** Key generation takes its time on a busy machine, and is not measured here. */
const KEY_BLOCKS = 1_800;
const WINDOWS = { deal: 600, dispute: 40, finalize: 600, ready: 600 };
const [WARM_RUNS, COLD_RUNS, MANY_RUNS, TOGETHER] = [15, 5, 40, 8];

/** Runs of one module with its secrets, from a committee of 3 of 5 on this machine: in a runner that waits, and from the start of a process. */
export const runnerSecretFigures = async (module: Uint8Array): Promise<readonly Figure[]> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  const chain = await startLocalChain({ blockMilliseconds: 100 });
  const cluster = await startCluster({
    chain,
    directory,
    keepers: KEEPERS,
    windows: WINDOWS,
    headLookMilliseconds: HEAD_LOOK_MILLISECONDS,
  });
  const runner = await createRunner({ spare: 2 });
  try {
    await cluster.generateKey({ threshold: THRESHOLD, blocks: KEY_BLOCKS });
    const [owner, account] = await Promise.all(
      [1, 2].map(async (index) => parseAddress((await chain.account(index).getAddress()).toLowerCase())),
    );
    if (owner === undefined || account === undefined) throw new Error("unreachable");
    const blobFolder = join(directory, "blobs");
    const blobs = await openFileBlobStore(blobFolder);
    const alice = createClient({ signer: chain.account(1), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
    const { contract, address } = await deployModuleGrants(chain.account(1), cluster.deployment);
    const hash = parseHash32(`0x${createHash("sha256").update(module).digest("hex")}`);
    const documents: string[] = [];
    for (let index = 0; index < SECRETS; index++) {
      const name = `SECRET_${index}`;
      const encrypted = await alice.encryptDocument(`value of secret ${index}`, { salt: secretSaltOf(owner, name), permissions: address });
      documents.push((await alice.publish(encrypted)).document);
    }
    const until = BigInt(Math.floor(Date.now() / 1_000)) + 3_600n;
    await (await contract.grant(documents, [{ module: hash, runner: account, until }])).wait();
    await setTimeout(2 * HEAD_LOOK_MILLISECONDS); // until every keeper has looked
    const [moduleFile, setupFile] = [join(directory, "module.wasm"), join(directory, "setup.json")];
    await writeFile(moduleFile, module);
    const setup: RunSetup = {
      rpc: chain.rpcUrl,
      deploymentFile: cluster.deploymentFile,
      blobFolder,
      moduleFile,
      key: developmentKey(2),
      owner,
      secrets: 1,
    };
    await writeFile(setupFile, JSON.stringify(setup));
    const wide = { ...setup, secrets: SECRETS };
    const [one, ten] = [await warm(setup, runner), await warm(wide, runner)];
    const cold: { readonly ms: number; readonly split: Split }[] = [];
    for (let round = -1; round < COLD_RUNS; round++) {
      const run = await startAndRun(setupFile);
      if (round >= 0) cold.push(run);
    }
    const many = await runMany(setup, runner);
    return [
      { name: "one secret, in a runner that waits", value: one.ms, unit: "ms", target: 100, note: describe(one.split) },
      { name: `${SECRETS} secrets, in a runner that waits`, value: ten.ms, unit: "ms", note: describe(ten.split) },
      {
        name: "one secret, its runner's process started for it",
        value: median(cold.map(({ ms }) => ms)),
        unit: "ms",
        target: 400,
        note: describe(medianOf(cold.map(({ split }) => split))),
      },
      {
        name: `runs per second, each with one secret, ${TOGETHER} at a time`,
        value: many,
        unit: "1/s",
        note: `${MANY_RUNS} runs; keepers share the machine`,
      },
    ];
  } finally {
    await runner.close();
    await cluster.stop();
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const warm = async (setup: RunSetup, runner: Parameters<typeof runOnce>[1]) => {
  const runs: { readonly ms: number; readonly split: Split }[] = [];
  for (let round = -1; round < WARM_RUNS; round++) {
    await setTimeout(300); // the next spare child is ready by then
    const began = performance.now();
    const split = await runOnce(setup, runner);
    if (round >= 0) runs.push({ ms: performance.now() - began, split });
  }
  return { ms: median(runs.map(({ ms }) => ms)), split: medianOf(runs.map(({ split }) => split)) };
};

/** From the start of a process of the runner to its end. */
const startAndRun = async (setupFile: string) => {
  const began = performance.now();
  const started = spawn(process.execPath, [join(import.meta.dirname, "runnerRun.ts"), setupFile], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  started.stdout.setEncoding("utf8").on("data", (part: string) => {
    printed += part;
  });
  const [code] = (await once(started, "close")) as [number];
  if (code !== 0) throw new Error(`The runner's process ended with ${code}.`);
  return { ms: performance.now() - began, split: JSON.parse(printed) as Split };
};

const runMany = async (setup: RunSetup, runner: Parameters<typeof runOnce>[1]): Promise<number> => {
  let left = MANY_RUNS;
  const one = async (): Promise<void> => {
    while (left-- > 0) await runOnce(setup, runner);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: TOGETHER }, one));
  return MANY_RUNS / ((performance.now() - began) / 1_000);
};

const NAMES = ["start", "keepers", "decryption", "receipts", "process", "compile", "run", "cpu"] as const;

const medianOf = (splits: readonly Split[]): Split =>
  Object.fromEntries(NAMES.map((name) => [name, median(splits.map((split) => split[name]))])) as Split;

const describe = (split: Split): string =>
  NAMES.filter((name) => name !== "start" || split.start > 0)
    .map((name) => `${name === "cpu" ? "CPU of the runner" : name} ${split[name].toFixed(0)}`)
    .join(", ");
