import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
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

/** Writes a keeper's configuration and runs `init`. */
export const prepareKeeper = async (options: {
  readonly slot: number;
  readonly chain: LocalChain;
  readonly directory: string;
  readonly deploymentFile: string;
  readonly rpcUrl: string;
  readonly confirmations: number;
  readonly maxHeadAgeSeconds: number;
  readonly extensions: readonly unknown[];
  readonly limits: Readonly<Record<string, unknown>>;
  /** How long it may take until it listens. */
  readonly startMilliseconds: number;
}): Promise<PreparedKeeper> => {
  const { slot, directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const configFile = join(directory, "keeper.toml");
  const logFile = join(directory, "keeper.log");
  await writeFile(join(directory, "passphrase"), `${randomBytes(24).toString("hex")}\n`, { mode: 0o600 });
  const writeConfig = (changes: KeeperChanges): Promise<void> =>
    writeFile(
      configFile,
      keeperToml({
        ...{ ...options, port },
        rpcUrl: changes.rpcUrl ?? options.rpcUrl,
        extensions: changes.extensions ?? options.extensions,
        requestsPerMinute: changes.requestsPerMinute ?? 100_000,
        limits: { ...options.limits, ...changes.limits },
      }),
    );
  await writeConfig({});
  const { code, stdout, stderr } = await runKeeperCommand(["init", "--config", configFile, "--create-operator-key", "--json"]);
  if (code !== 0) throw new Error(`keyquorum-keeper init failed with code ${code}: ${stderr}${stdout}`);
  const { operator, identityKey } = JSON.parse(stdout) as { readonly operator: string; readonly identityKey: string };
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
    started: () => current,
    process: () => {
      if (current === undefined) throw new Error(`Keeper ${slot} was not started.`);
      return current;
    },
    start: async (changes = {}) => {
      await writeConfig(changes);
      current = startKeeperProcess(configFile, logFile);
      await current.waitForLog(({ msg }) => msg === "Keeper is listening", options.startMilliseconds);
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
  readonly extensions: readonly unknown[];
  readonly limits: Readonly<Record<string, unknown>>;
  readonly requestsPerMinute: number;
}): string => `dataDirectory = "data"

[chain]
rpcUrls = ["${options.rpcUrl}"]
chainId = ${options.chain.chainId}
deployment = ${JSON.stringify(options.deploymentFile)}
finality = { confirmations = ${options.confirmations} }
pollIntervalMilliseconds = 200
maxHeadAgeSeconds = ${options.maxHeadAgeSeconds}

[operator]
keyFile = "operator.key"

[vault]
passphraseFile = "passphrase"

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
