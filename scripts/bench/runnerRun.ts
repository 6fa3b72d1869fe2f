// One run of a module with its secrets, with a clock at each of its parts. As a program: `node runnerRun.ts SETUP.json`, from the start of the process on.
import { readFile } from "node:fs/promises";
import { parseDeployment } from "@keyquorum/bindings";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient, type KeyquorumClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { createRunner, type LoadedModule, loadModule, type Runner, runModule, type SecretSource } from "@keyquorum/runner";
import { parseAddress } from "@keyquorum/wire";
import { JsonRpcProvider, Wallet } from "ethers";

/** What a run needs, as JSON. */
export type RunSetup = {
  readonly rpc: string;
  readonly deploymentFile: string;
  readonly blobFolder: string;
  readonly moduleFile: string;
  readonly key: string;
  readonly owner: string;
  readonly secrets: number;
};

/**
 * Milliseconds. `start`: of this program, until it asks; `keepers`: from the request to the content secret; `decryption`: of the
 * values; `receipts`: until they are ready for the record; `process`: until the child waits for its module; `compile`; `run`: from the secrets to the end. Keepers are asked beside process and compile. `cpu`: of
 * the runner's own process, which is the same on a busy machine.
 */
export type Split = Readonly<Record<"start" | "keepers" | "decryption" | "receipts" | "process" | "compile" | "run" | "cpu", number>>;

type Opened = {
  readonly client: KeyquorumClient;
  readonly signer: Wallet;
  readonly module: LoadedModule;
  readonly chainId: bigint;
  readonly shareRequests: string;
};

const opened = new Map<string, Promise<Opened>>();

const open = async (setup: RunSetup): Promise<Opened> => {
  const deployment = parseDeployment(JSON.parse(await readFile(setup.deploymentFile, "utf8")));
  const provider = new JsonRpcProvider(setup.rpc, deployment.chainId, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 100 });
  const signer = new Wallet(setup.key, provider);
  const blobs = await openFileBlobStore(setup.blobFolder);
  return {
    client: createClient({ signer, provider, deployment, blobs, cipher: nodeChunkCipher }),
    ...{
      signer,
      module: loadModule(await readFile(setup.moduleFile)),
      chainId: deployment.chainId,
      shareRequests: deployment.contracts.shareRequests,
    },
  };
};

/** Runs the module once. Throws when it ends otherwise than it should. */
export const runOnce = async (setup: RunSetup, runner: Runner, start = 0): Promise<Split> => {
  const already = opened.get(setup.key) ?? open(setup);
  opened.set(setup.key, already);
  const { client, signer, module, chainId, shareRequests } = await already;
  const split = { start, keepers: 0, decryption: 0, receipts: 0, process: 0, compile: 0, run: 0, cpu: 0 };
  const before = start > 0 ? undefined : process.cpuUsage(); // of a program that was started for it: all
  const add = (part: keyof typeof split, since: number): number => {
    const now = performance.now();
    split[part] = Math.max(split[part], now - since); // secrets are asked for side by side: the slowest one counts
    return now;
  };
  const source: SecretSource = {
    requestOffChain: async (...asked) => {
      const began = performance.now();
      const read = await client.requestOffChain(...asked);
      add("keepers", began);
      const { content } = read;
      const timed = async function* () {
        const since = performance.now();
        for await (const piece of content) yield piece;
        add("decryption", since);
      };
      return { ...read, content: timed() };
    },
    exportReceipts: async (...report) => {
      const began = performance.now();
      const receipts = await client.exportReceipts(...report);
      add("receipts", began);
      return receipts;
    },
  };
  const timedRunner: Runner = {
    ...runner,
    start: async (...given) => {
      const began = performance.now();
      const started = await runner.start(...given);
      const ready = add("process", began);
      void started.compiled.then(() => add("compile", ready));
      return {
        ...started,
        give: async (inputs) => {
          const since = performance.now();
          const result = await started.give(inputs);
          add("run", since);
          return result;
        },
      };
    },
  };
  const secrets = Array.from({ length: setup.secrets }, (_, index) => ({
    name: `SECRET_${index}`,
    source: { owner: parseAddress(setup.owner) },
    delivery: { as: "env", variable: `SECRET_${index}` } as const,
  }));
  const { result } = await runModule({
    runner: timedRunner,
    identity: {
      client: source,
      signer,
      runner: parseAddress(signer.address.toLowerCase()),
      chainId,
      shareRequests: parseAddress(shareRequests),
    },
    manifest: { module: {}, secrets, args: [], limits: {}, permissions: [], notUsed: [] },
    module,
  });
  if (result.outcome.kind !== "exited" || result.exitCode !== 0) throw new Error(`A run ended otherwise: ${result.outcome.kind}.`);
  const { user, system } = process.cpuUsage(before);
  return { ...split, cpu: (user + system) / 1_000 };
};

if (import.meta.main) {
  const setup = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as RunSetup;
  const runner = await createRunner({ spare: 0 });
  const split = await runOnce(setup, runner, performance.now()); // the process began at 0
  await runner.close();
  console.log(JSON.stringify(split));
  process.exit(0);
}
