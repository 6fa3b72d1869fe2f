import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./freePort.ts";
import { type KeeperProcess, runKeeperCommand, startKeeperProcess } from "./keeperProcess.ts";
import type { LocalChain } from "./localChain.ts";

/** One keeper of a cluster: its files, its place, its process. */
export type ClusterKeeper = {
  readonly slot: number;
  readonly name: string;
  readonly operator: string;
  readonly directory: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly port: number;
  readonly url: string;
  /** What opens its vault, and where it is. */
  readonly vaultKey: { readonly kind: "passphrase" | "file"; readonly path: string };
  /** The process that was started last. */
  readonly process: () => KeeperProcess;
  /** Starts it again, with other extensions or another RPC if given, and waits until it listens. */
  readonly start: (changes?: KeeperChanges) => Promise<KeeperProcess>;
};

export type KeeperChanges = {
  readonly extensions?: readonly unknown[];
  readonly rpcUrl?: string;
  /** Per address. */
  readonly requestsPerMinute?: number;
  /** Settings of `[limits]`. */
  readonly limits?: Readonly<Record<string, unknown>>;
};

/** A keeper that is initialised and perhaps started. `identityKey`: compressed, in hexadecimal. */
export type PreparedKeeper = ClusterKeeper & { readonly identityKey: string; readonly started: () => KeeperProcess | undefined };

const NAMES = ["Ada", "Blaise", "Clara", "Dijkstra", "Emmy", "Fermat", "Grace", "Hilda", "Ines", "Jacobi", "Katherine", "Leslie"];

/** What a keeper of a cluster is made of. */
type KeeperPlan = {
  readonly slot: number;
  readonly chain: LocalChain;
  readonly directory: string;
  readonly deploymentFile: string;
  readonly rpcUrl: string;
  readonly confirmations: number;
  readonly maxHeadAgeSeconds: number;
  readonly headLookMilliseconds: number;
  readonly extensions: readonly unknown[];
  readonly limits: Readonly<Record<string, unknown>>;
  /** How long it may take until it listens. */
  readonly startMilliseconds: number;
};

/** Writes a new keeper's configuration and runs `init`. */
export const initialiseKeeper = async (plan: KeeperPlan): Promise<PreparedKeeper> => {
  await mkdir(plan.directory, { recursive: true, mode: 0o700 });
  await writeFile(vaultKeyOf(plan).path, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  const files = await configure(plan);
  const { code, stdout, stderr } = await runKeeperCommand(["init", "--config", files.configFile, "--create-operator-key", "--json"]);
  if (code !== 0) throw new Error(`keyquorum-keeper init failed with code ${code}: ${stderr}${stdout}`);
  const facts = JSON.parse(stdout) as KeeperFacts;
  await writeFile(join(plan.directory, FACTS), JSON.stringify(facts));
  return describeKeeper(plan, files, facts);
};

/** Takes a keeper whose folder is there, from `initialiseKeeper`, on another port. */
export const resumeKeeper = async (plan: KeeperPlan): Promise<PreparedKeeper> =>
  describeKeeper(plan, await configure(plan), JSON.parse(await readFile(join(plan.directory, FACTS), "utf8")) as KeeperFacts);

/** Keepers take both kinds. The first one's is a passphrase: deriving a key from it takes a fifth of a second of processor time at each start. */
const vaultKeyOf = ({ slot, directory }: Pick<KeeperPlan, "slot" | "directory">): ClusterKeeper["vaultKey"] =>
  slot === 1 ? { kind: "passphrase", path: join(directory, "passphrase") } : { kind: "file", path: join(directory, "vault.key") };

/** What `init` prints. */
type KeeperFacts = { readonly operator: string; readonly identityKey: string };
const FACTS = "init.json";

type KeeperFiles = {
  readonly port: number;
  readonly configFile: string;
  readonly logFile: string;
  readonly writeConfig: (changes: KeeperChanges) => Promise<void>;
};

/** Finds a port and writes the configuration. */
const configure = async (plan: KeeperPlan): Promise<KeeperFiles> => {
  const port = await freePort();
  const configFile = join(plan.directory, "keeper.toml");
  const writeConfig = (changes: KeeperChanges): Promise<void> =>
    writeFile(
      configFile,
      keeperToml({
        ...{ ...plan, port, vaultKey: vaultKeyOf(plan) },
        rpcUrl: changes.rpcUrl ?? plan.rpcUrl,
        extensions: changes.extensions ?? plan.extensions,
        requestsPerMinute: changes.requestsPerMinute ?? 100_000,
        limits: { ...plan.limits, ...changes.limits },
      }),
    );
  await writeConfig({});
  return { port, configFile, logFile: join(plan.directory, "keeper.log"), writeConfig };
};

const describeKeeper = (
  { slot, directory, startMilliseconds }: KeeperPlan,
  { port, configFile, logFile, writeConfig }: KeeperFiles,
  { operator, identityKey }: KeeperFacts,
): PreparedKeeper => {
  let current: KeeperProcess | undefined;
  return {
    slot,
    name: NAMES[slot - 1] ?? `Keeper ${slot}`,
    operator,
    identityKey,
    directory,
    configFile,
    logFile,
    port,
    url: `http://127.0.0.1:${port}`,
    vaultKey: vaultKeyOf({ slot, directory }),
    started: () => current,
    process: () => {
      if (current === undefined) throw new Error(`Keeper ${slot} was not started.`);
      return current;
    },
    start: async (changes = {}) => {
      await writeConfig(changes);
      current = startKeeperProcess(configFile, logFile);
      await current.waitForLog(({ msg }) => msg === "Keeper is listening", startMilliseconds);
      return current;
    },
  };
};

/** Tests ask often; accounts are funded with little. */
const GENEROUS = { requestsPerRequesterPerMinute: 100_000, requestsPerDocumentPerMinute: 100_000, balanceReserveWei: "10000000000000000" };

const keeperToml = (options: {
  readonly chain: LocalChain;
  readonly deploymentFile: string;
  readonly port: number;
  readonly rpcUrl: string;
  readonly confirmations: number;
  readonly maxHeadAgeSeconds: number;
  readonly headLookMilliseconds: number;
  readonly extensions: readonly unknown[];
  readonly limits: Readonly<Record<string, unknown>>;
  readonly requestsPerMinute: number;
  readonly vaultKey: ClusterKeeper["vaultKey"];
}): string => `dataDirectory = "data"

[chain]
rpcUrls = ["${options.rpcUrl}"]
chainId = ${options.chain.chainId}
deployment = ${JSON.stringify(options.deploymentFile)}
finality = { confirmations = ${options.confirmations} }
pollIntervalMilliseconds = 400
headLookMilliseconds = ${options.headLookMilliseconds}
maxHeadAgeSeconds = ${options.maxHeadAgeSeconds}

[operator]
keyFile = "operator.key"

[vault]
${options.vaultKey.kind === "file" ? "keyFile" : "passphraseFile"} = ${JSON.stringify(options.vaultKey.path)}

[http]
port = ${options.port}
requestsPerMinute = ${options.requestsPerMinute}

[limits]
${Object.entries({ ...GENEROUS, ...options.limits })
  .map(([name, value]) => `${name} = ${tomlOf(value)}`)
  .join("\n")}

[repair]
allowPrivateEndpoints = true
[epochs]
minDelaySeconds = 0
minThreshold = 1
eraseDelaySeconds = 0

[extensions]
modules = ${tomlOf(options.extensions)}
`;

/** A value as TOML writes it within a line. */
const tomlOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([name, inner]) => `${name} = ${tomlOf(inner)}`);
  return `{ ${pairs.join(", ")} }`;
};
