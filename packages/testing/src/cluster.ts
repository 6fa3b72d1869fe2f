import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectContracts, type Deployment, encodeDeployment } from "@keyquorum/bindings";
import { deployContracts } from "@keyquorum/bindings/deploy";
import type { KeyId } from "@keyquorum/wire";
import { hexlify, parseEther } from "ethers";
import { freePort } from "./freePort.ts";
import { type KeeperProcess, runKeeperCommand, startKeeperProcess } from "./keeperProcess.ts";
import type { LocalChain } from "./localChain.ts";
import { admitOutsiders, type Outsider, postOutsiderKey } from "./outsider.ts";
import { pointFromHex } from "./pointFromHex.ts";
import { waitFor } from "./waitFor.ts";

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

export type KeeperChanges = { readonly extensions?: readonly unknown[]; readonly rpcUrl?: string };

export type Cluster = {
  readonly chain: LocalChain;
  readonly deployment: Deployment;
  readonly contracts: ReturnType<typeof connectContracts>;
  readonly deploymentFile: string;
  readonly keepers: readonly ClusterKeeper[];
  readonly outsiders: readonly Outsider[];
  /** The keeper at a slot. */
  readonly keeper: (slot: number) => ClusterKeeper;
  /** Asks for a key and waits until its session is active or failed. */
  readonly generateKey: (options: {
    readonly threshold: number;
    readonly purpose?: number;
    readonly milliseconds?: number;
  }) => Promise<GeneratedKey>;
  readonly stop: () => Promise<void>;
};

export type GeneratedKey = { readonly keyId: KeyId; readonly sid: string; readonly status: number; readonly milliseconds: number };

export type ClusterOptions = {
  readonly chain: LocalChain;
  /** An empty folder: each keeper gets its own in it. */
  readonly directory: string;
  readonly keepers: number;
  /** In blocks. Short defaults for a chain with a block every 250 ms. */
  readonly windows?: { readonly deal: number; readonly dispute: number; readonly finalize: number; readonly ready: number };
  readonly requestLifetimeSeconds?: number;
  /** How long an optimistic answer can be proved wrong. Default 60, the least that the contract takes. */
  readonly challengeWindowSeconds?: number;
  readonly confirmations?: number;
  /** How old the newest block may be for a keeper to answer. Default 60. */
  readonly maxHeadAgeSeconds?: number;
  /** Extensions by slot, as a keeper's configuration names them. */
  readonly extensions?: Readonly<Record<number, readonly unknown[]>>;
  /** How many members are registered behind the keepers without a process: the test acts for them, or they stay absent. */
  readonly outsiders?: number;
  readonly onStep?: (step: ClusterStep) => void;
  /** The RPC URL of a keeper, to put a proxy before it. */
  readonly rpcUrlOf?: (slot: number) => string;
  /** The endpoint to register for a keeper that listens on `port`, to put a proxy before it. */
  readonly endpointOf?: (slot: number, port: number) => Promise<string>;
};

export type ClusterStep =
  | { readonly kind: "deployed"; readonly contract: string; readonly address: string; readonly gasUsed: bigint }
  | {
      readonly kind: "keeperStarted";
      readonly slot: number;
      readonly name: string;
      readonly operator: string;
      readonly url: string;
      readonly pid: number;
    }
  | { readonly kind: "registered"; readonly slot: number; readonly name: string; readonly gasUsed: bigint }
  | { readonly kind: "epochOpened"; readonly epoch: number; readonly members: number; readonly gasUsed: bigint };

/** PROTOCOL section 3: SessionStatus.Active and Failed. */
const [ACTIVE, FAILED] = [6, 8];

/** Deploys, starts one real keeper process per keeper with its own folder, configuration and account, registers them and opens epoch 1. */
export const startCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const { chain, directory, onStep = () => {} } = options;
  const governance = chain.account(0);
  const deployment = await deployContracts(governance, {
    minEpochDelay: 0,
    windows: options.windows ?? { deal: 40, dispute: 8, finalize: 40, ready: 40 },
    requestLifetime: options.requestLifetimeSeconds ?? 120,
    challengeWindow: options.challengeWindowSeconds ?? 60,
    openKeyRequests: true,
    onStep: (step) => onStep({ kind: "deployed", ...step }),
  });
  await mkdir(directory, { recursive: true });
  const deploymentFile = join(directory, "deployment.json");
  await writeFile(deploymentFile, JSON.stringify(encodeDeployment(deployment), null, 2));
  const contracts = connectContracts(deployment, governance);

  const slots = Array.from({ length: options.keepers }, (_, index) => index + 1);
  const keepers = await Promise.all(
    slots.map((slot) =>
      prepareKeeper({
        slot,
        chain,
        directory: join(directory, `keeper-${slot}`),
        deploymentFile,
        rpcUrl: options.rpcUrlOf?.(slot) ?? chain.rpcUrl,
        confirmations: options.confirmations ?? 0,
        maxHeadAgeSeconds: options.maxHeadAgeSeconds ?? 60,
        extensions: options.extensions?.[slot] ?? [],
      }),
    ),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(keepers.map(async ({ started }) => started()?.stop()));
  };
  let outsiders: readonly Outsider[] = [];
  try {
    for (const { operator } of keepers) await (await governance.sendTransaction({ to: operator, value: parseEther("10") })).wait();
    await Promise.all(keepers.map(({ start }) => start()));
    for (const { slot, name, operator, url, process } of keepers)
      onStep({ kind: "keeperStarted", slot, name, operator, url, pid: process().pid });
    for (const { slot, name, operator, identityKey, url, port } of keepers) {
      const endpoint = (await options.endpointOf?.(slot, port)) ?? url;
      const added = await contracts.keeperRegistry.addKeeper(operator, pointFromHex(identityKey), endpoint, "", name);
      onStep({ kind: "registered", slot, name, gasUsed: (await added.wait())?.gasUsed ?? 0n });
    }
    outsiders = await admitOutsiders({ chain, contracts, first: options.keepers + 1, count: options.outsiders ?? 0 });
    await (await contracts.keeperRegistry.proposeEpoch(0)).wait();
    for (const outsider of outsiders) await postOutsiderKey(outsider, { chain, deployment, contracts, epoch: 1 });
    await waitFor("all epoch keys are posted", async () => {
      const posted = await Promise.all(slots.map((slot) => contracts.keeperRegistry.epochKeyOf(1, slot)));
      return posted.every(({ x }) => x !== 0n);
    });
    const opened = await contracts.keeperRegistry.openEpoch(1);
    onStep({ kind: "epochOpened", epoch: 1, members: slots.length + outsiders.length, gasUsed: (await opened.wait())?.gasUsed ?? 0n });
  } catch (error) {
    await stop();
    throw error;
  }

  const generateKey: Cluster["generateKey"] = async ({ threshold, purpose = 0, milliseconds = 60_000 }) => {
    const started = Date.now();
    const salt = hexlify(randomBytes(32));
    const keyId = await contracts.keyGeneration.keyIdOf(await governance.getAddress(), salt);
    await (await contracts.keyGeneration.requestKey(purpose, threshold, salt)).wait();
    const { session: sid } = await contracts.keyGeneration.keyOf(keyId);
    const status = await waitFor(
      "the key is active or failed",
      async () => {
        const now = Number(await contracts.keyGeneration.statusOf(sid));
        return now === ACTIVE || now === FAILED ? now : undefined;
      },
      milliseconds,
    );
    return { keyId: keyId as KeyId, sid, status, milliseconds: Date.now() - started };
  };
  const keeper = (slot: number): ClusterKeeper => {
    const found = keepers.find((candidate) => candidate.slot === slot);
    if (found === undefined) throw new Error(`There is no keeper at slot ${slot}.`);
    return found;
  };
  return { chain, deployment, contracts, deploymentFile, keepers, outsiders, keeper, generateKey, stop };
};

type PreparedKeeper = ClusterKeeper & { readonly identityKey: string; readonly started: () => KeeperProcess | undefined };

const NAMES = ["Ada", "Blaise", "Clara", "Dijkstra", "Emmy", "Fermat", "Grace", "Hilda", "Ines", "Jacobi", "Katherine", "Leslie"];

/** Writes a keeper's configuration and runs `init`. */
const prepareKeeper = async (options: {
  readonly slot: number;
  readonly chain: LocalChain;
  readonly directory: string;
  readonly deploymentFile: string;
  readonly rpcUrl: string;
  readonly confirmations: number;
  readonly maxHeadAgeSeconds: number;
  readonly extensions: readonly unknown[];
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
      keeperToml({ ...options, port, rpcUrl: changes.rpcUrl ?? options.rpcUrl, extensions: changes.extensions ?? options.extensions }),
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
      await current.waitForLog(({ msg }) => msg === "Keeper is listening");
      return current;
    },
  };
};

const keeperToml = (options: {
  readonly chain: LocalChain;
  readonly deploymentFile: string;
  readonly port: number;
  readonly rpcUrl: string;
  readonly confirmations: number;
  readonly maxHeadAgeSeconds: number;
  readonly extensions: readonly unknown[];
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
requestsPerMinute = 100000

[limits]
balanceReserveWei = "10000000000000000"

[extensions]
modules = ${JSON.stringify(options.extensions)}
`;
