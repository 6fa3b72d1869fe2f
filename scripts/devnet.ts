// `npm run devnet`: a chain and keepers that stay until Ctrl-C, with one key ready, to play with by tasks, SDK and HTTP.
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Cluster, freePort, type LocalChain, startCluster, startLocalChain } from "@keyquorum/testing";
import { type ClaimedRecord, claimRecord } from "./devnet/claimRecord.ts";
import { keepOnlyLogs } from "./devnet/keepOnlyLogs.ts";
import { createPaceWatch } from "./devnet/paceWatch.ts";

const BLOCK_MS = 250;
const PACE_MS = 2_000;

const HELP = `npm run devnet -- [options]

Starts a chain (chain id 31337) and keepers on 127.0.0.1, makes a key, and leaves them running until Ctrl-C.
t keepers together learn nothing; t+1 are needed.

  --keepers N      how many keepers (default 5)
  --threshold T    t (default 2)
  --spare N        how many further keepers run and are admitted, and wait for an epoch to take part in (default 0)
  --port P         port of the chain's JSON-RPC (default 8545, or a free one where that is taken)

The deployment is recorded in deployments/31337.json, or in deployments/31337-<port>.json where another devnet is recorded there. When a failure ends
it, the keepers' logs are kept, and their place is printed.

Examples:
  npm run devnet
  npm run devnet -- --keepers 7 --threshold 3
  npm run devnet -- --spare 2               then: npx hardhat keyquorum keepers replace 1 --by 6
`;

const { values } = parseArgs({
  options: {
    keepers: { type: "string", default: "5" },
    threshold: { type: "string", default: "2" },
    spare: { type: "string", default: "0" },
    port: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const [keepers, threshold, spare] = [Number(values.keepers), Number(values.threshold), Number(values.spare)];
if (!Number.isInteger(keepers) || !Number.isInteger(threshold) || threshold < 1 || 2 * threshold + 1 > keepers || keepers > 16) {
  console.error(`--threshold ${values.threshold} with --keepers ${values.keepers}: it must be 1 <= T, 2T+1 <= N <= 16.`);
  process.exit(2);
}
if (!Number.isInteger(spare) || spare < 0 || keepers + spare > 16) {
  console.error(`--spare ${values.spare}: it must be a whole number, and all keepers together 16 at most.`);
  process.exit(2);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

const wantedPort = Number(values.port ?? 8545);
if (values.port !== undefined && !(await isFree(wantedPort))) {
  console.error(`Port ${values.port} is in use. Name another with --port, or leave it out to take a free one.`);
  process.exit(2);
}

const directory = await mkdtemp(join(tmpdir(), "keyquorum-devnet-"));
let chain: LocalChain | undefined;
let cluster: Cluster | undefined;
let record: ClaimedRecord | undefined;
// Whatever way the program ends, the keepers' secrets do not stay behind; after a failure their logs do.
const cleanUp = (code: number): void => {
  record?.release();
  if (code === 0) {
    rmSync(directory, { recursive: true, force: true });
    return;
  }
  const logs = keepOnlyLogs(directory);
  if (logs.length > 0) console.error(`The keepers' logs are kept: ${logs.join(", ")}`);
};
process.once("exit", cleanUp);
let closing = false;
const close = async (code: number): Promise<void> => {
  if (closing) return;
  closing = true;
  try {
    await cluster?.stop();
    await chain?.stop();
  } finally {
    // Last: what ends the keepers with this process was added meanwhile, and a keeper that still runs writes.
    process.removeListener("exit", cleanUp).once("exit", cleanUp);
    process.exit(code);
  }
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    console.log("\nStopping the keepers and the chain ...");
    void close(0);
  });

try {
  console.log("Starting a chain and the keepers (about 15 seconds) ...");
  chain = await startLocalChain({ blockMilliseconds: BLOCK_MS, port: (await isFree(wantedPort)) ? wantedPort : await freePort() });
  cluster = await startCluster({
    chain,
    directory,
    keepers,
    requestLifetimeSeconds: 600,
    onStep: (step) => {
      if (step.kind === "keeperStarted") console.log(`  keeper ${step.slot} (${step.name}) at ${step.url}`);
    },
  });
  console.log(`Generating a key with threshold ${threshold} ...`);
  const { keyId, status, milliseconds } = await cluster.generateKey({ threshold });
  if (status !== 6) throw new Error("The key generation failed; see the keepers' logs.");
  if (spare > 0) await cluster.addKeepers(spare);
  record = await claimRecord("deployments", cluster.deployment, Number(new URL(chain.rpcUrl).port));
  const { file, isDefault } = record;
  if (!isDefault)
    console.log(
      `\ndeployments/31337.json is another devnet's, or was left by one that was killed (then delete it): commands here need --deployment ${file}.`,
    );
  const named = isDefault ? "" : ` --deployment ${file}`;
  console.log(`
Ready. ${threshold === 1 ? "1 keeper alone learns" : `${threshold} keepers together learn`} nothing; ${threshold + 1} are needed.
  chain        ${chain.rpcUrl}  (chain id 31337; the ten well-known development accounts have money)
  deployment   ${file}
  key          ${keyId}  (made in ${milliseconds} ms)
  logs         ${join(directory, "keeper-1", "keeper.log")} and so on

In another terminal:
  export KEYQUORUM_RPC=${chain.rpcUrl}
  npx hardhat keyquorum keepers list${named}
  npx hardhat keyquorum document publish README.md --account 1${named}
  npx hardhat keyquorum document list${named}
  npx hardhat keyquorum grant <document> 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --account 1${named}
  npx hardhat keyquorum document get <document> --out copy.md --account 2${named}

Ctrl-C stops it all and leaves nothing behind.`);
  const { provider } = chain;
  const look = createPaceWatch(BLOCK_MS, (line) => console.log(line));
  const ask = async (): Promise<void> => look(Date.now(), await provider.getBlockNumber().catch(() => undefined));
  setInterval(() => void ask(), PACE_MS).unref();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  await close(1);
}
