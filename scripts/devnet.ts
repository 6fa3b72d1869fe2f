// `npm run devnet`: a chain and keepers that stay until Ctrl-C, with one key ready, to play with by tasks, SDK and HTTP.
import { createServer } from "node:net";
import { join } from "node:path";
import {
  blockMillisecondsFor,
  type Cluster,
  createRunFolder,
  freePort,
  type GeneratedKey,
  type LocalChain,
  startCluster,
  startLocalChain,
} from "@keyquorum/cluster";
import { type ClaimedRecord, claimRecord } from "./devnet/claimRecord.ts";
import { DEVNET_HELP, DevnetOptionError, type DevnetOptions, parityPorts, parseDevnetOptions } from "./devnet/options.ts";
import { createPaceWatch } from "./devnet/paceWatch.ts";
import { describeParity, openKeystores, parityModules, prepareAccounts, startAgents } from "./devnet/parityServers.ts";

const PACE_MS = 2_000;

const options = ((): DevnetOptions => {
  try {
    const parsed = parseDevnetOptions(process.argv.slice(2));
    if (parsed !== "help") return parsed;
    console.log(DEVNET_HELP);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof DevnetOptionError)) throw error;
    console.error(`${error.message}\nSee npm run devnet -- --help`);
    process.exit(2);
  }
})();
const { keepers, threshold, spare, patience, parity } = options;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

const wantedPort = options.port ?? 8545;
if (options.port !== undefined && !(await isFree(wantedPort))) {
  console.error(`Port ${options.port} is in use. Name another with --port, or leave it out to take a free one.`);
  process.exit(2);
}
for (const { port, option } of parity === undefined ? [] : parityPorts(parity, keepers + spare))
  if (port === options.port || !(await isFree(port))) {
    console.error(`Port ${port} is in use. Name another with ${option}.`);
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
  const keystores = parity === undefined ? undefined : await openKeystores(parity, directory);
  const agents = parity === undefined || keystores === undefined ? undefined : await startAgents(parity, keystores.keys);
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
    ...(parity === undefined ? {} : { extensions: parityModules(parity) }),
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
      `\ndeployments/31337.json belongs to another devnet, or to one that was killed (then delete it): commands here need --deployment ${file}.`,
    );
  const named = isDefault ? "" : ` --deployment ${file}`;
  const paritysPart =
    parity === undefined || keystores === undefined || agents === undefined
      ? ""
      : describeParity(parity, {
          ...{ keystores, ...agents, keepers: keepers + spare, threshold, cluster, named },
          ids: await prepareAccounts(parity, { chain, cluster, accounts: agents.accounts }),
        });
  console.log(`
Ready. ${threshold === 1 ? "1 keeper alone learns" : `${threshold} keepers together learn`} nothing; ${threshold + 1} are needed.
  chain        ${chain.rpcUrl}  (chain id 31337; the ten well-known development accounts have ether)
  deployment   ${file}
  key          ${keyId}  (generated in ${milliseconds} ms)
  logs         ${join(directory, "keeper-1", "keeper.log")} and so on

In another terminal:
  export KEYQUORUM_RPC=${chain.rpcUrl}
  npx hardhat keyquorum keepers list${named}
  npx hardhat keyquorum document publish README.md --account 1${named}
  npx hardhat keyquorum document list${named}
  npx hardhat keyquorum grant <document> 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --account 1${named}
  npx hardhat keyquorum document get <document> --out copy.md --account 2${named}
${paritysPart}
Ctrl-C stops everything and leaves nothing behind.`);
  const { provider } = chain;
  const look = createPaceWatch(blockMillisecondsFor(patience), (line) => console.log(line));
  const ask = async (): Promise<void> => look(Date.now(), await provider.getBlockNumber().catch(() => undefined));
  setInterval(() => void ask(), PACE_MS).unref();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  await close(1);
}
