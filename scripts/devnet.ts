// `npm run devnet`: a chain and keepers that stay until Ctrl-C, with one key ready, to play with by tasks, SDK and HTTP.
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  blockMillisecondsFor,
  type Cluster,
  createRunFolder,
  freePort,
  type GeneratedKey,
  type LocalChain,
  measurePatience,
  type Patience,
  parsePatience,
  startCluster,
  startLocalChain,
} from "@keyquorum/cluster";
import { type ClaimedRecord, claimRecord } from "./devnet/claimRecord.ts";
import { createPaceWatch } from "./devnet/paceWatch.ts";

const PACE_MS = 2_000;

const HELP = `npm run devnet -- [options]

Starts a chain (chain id 31337) and keepers on 127.0.0.1, makes a key, and leaves them running until Ctrl-C.
t keepers together learn nothing; t+1 are needed.

  --keepers N      how many keepers (default 5)
  --threshold T    t (default 2)
  --spare N        how many further keepers run and are admitted, and wait for an epoch to take part in (default 0)
  --patience X     how many times slower than an idle machine this one is taken to be, 1 to 100: blocks come up to 10 times slower, and keepers get
                   longer for each phase of a key. Measured at the start if not given; give it where the load comes later
  --port P         port of the chain's JSON-RPC (default 8545, or a free one where that is taken)

The deployment is recorded in deployments/31337.json, or in deployments/31337-<port>.json where another devnet is recorded there. When a failure ends
it, the keepers' logs are kept, and their place is printed.

Examples:
  npm run devnet
  npm run devnet -- --keepers 7 --threshold 3
  npm run devnet -- --patience 10           on a machine that has other things to do
  npm run devnet -- --spare 2               then: npx hardhat keyquorum keepers replace 1 --by 6
`;

const { values } = parseArgs({
  options: {
    keepers: { type: "string", default: "5" },
    threshold: { type: "string", default: "2" },
    spare: { type: "string", default: "0" },
    port: { type: "string" },
    patience: { type: "string" },
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

const patience = ((): Patience => {
  try {
    return values.patience === undefined ? measurePatience() : parsePatience(values.patience);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
})();

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

const folder = await createRunFolder("keyquorum-devnet-");
const directory = folder.path;
let chain: LocalChain | undefined;
let cluster: Cluster | undefined;
let record: ClaimedRecord | undefined;
process.once("exit", () => record?.release());
let closing = false;
const close = async (code: number): Promise<void> => {
  if (closing) return;
  closing = true;
  await Promise.allSettled([cluster?.stop()]);
  await chain?.stop();
  const logs = code === 0 ? [] : folder.keepLogs();
  if (logs.length > 0) console.error(`The keepers' logs are kept: ${logs.join(", ")}`);
  process.exit(code); // what was started and not stopped ends with us, and the folder with it
};
/** Asks again, twice at most: a machine that became busy a moment ago may have time now. */
const makeKey = async (of: Cluster, tries = 3): Promise<GeneratedKey> => {
  const key = await of.generateKey({ threshold });
  if (key.status === 6) return key;
  console.error(key.failure);
  if (tries <= 1) throw new Error("Is the machine busy with other things? Start devnet with a larger --patience.");
  console.error("Asking for another key ...");
  return makeKey(of, tries - 1);
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    console.log("\nStopping the keepers and the chain ...");
    void close(0);
  });

try {
  console.log("Starting a chain and the keepers (about 15 seconds on an idle machine) ...");
  const blockMilliseconds = blockMillisecondsFor(patience);
  if (blockMilliseconds > 250)
    console.log(`  This machine is busy: a block every ${blockMilliseconds} ms, longer windows (--patience ${patience.toFixed(1)}).`);
  chain = await startLocalChain({ blockMilliseconds, port: (await isFree(wantedPort)) ? wantedPort : await freePort() });
  cluster = await startCluster({
    chain,
    directory,
    keepers,
    patience,
    requestLifetimeSeconds: 600,
    onStep: (step) => {
      if (step.kind === "keeperStarted") console.log(`  keeper ${step.slot} (${step.name}) at ${step.url}`);
    },
  });
  console.log(`Generating a key with threshold ${threshold} ...`);
  const { keyId, milliseconds } = await makeKey(cluster);
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
  const look = createPaceWatch(blockMillisecondsFor(patience), (line) => console.log(line));
  const ask = async (): Promise<void> => look(Date.now(), await provider.getBlockNumber().catch(() => undefined));
  setInterval(() => void ask(), PACE_MS).unref();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  await close(1);
}
