import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import { type Logger, silentLogger } from "@keyquorum/daemon";
import { type Hash32, KeyquorumError, parseAddress, parseHash32 } from "@keyquorum/wire";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { createRemoteRunner, type RemoteRunner } from "../remote/createRemoteRunner.ts";
import type { SecretSource } from "../secrets/fetchSecret.ts";
import { readServiceConfig, type ServiceConfig } from "../service/config.ts";
import { createService, type RunnerService } from "../service/createService.ts";
import { initialiseRunner } from "../service/initialiseRunner.ts";

/** The runner's key; the callers' are 0x01.., 0x02... */
export const RUNNER_KEY = `0x${"07".repeat(32)}`;
export const callerWallet = (index: number): Wallet => new Wallet(`0x${String(index).padStart(2, "0").repeat(32)}`);
export const RUNNER = parseAddress(new Wallet(RUNNER_KEY).address.toLowerCase());
export const DOMAIN = { chainId: 31337n, runner: RUNNER };

/** What stands in the place of keepers: gives a value, or an error, to each question. */
export type Keepers = { answer: (signal: AbortSignal) => Promise<string>; asked: number };

export const keepersThatSay = (answer: string | KeyquorumError): Keepers => ({
  asked: 0,
  answer: async () => {
    if (answer instanceof KeyquorumError) throw answer;
    return answer;
  },
});

const clientOf = (keepers: Keepers): SecretSource =>
  ({
    requestOffChain: async (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
      keepers.asked += 1;
      const value = await keepers.answer(signal);
      const content = (async function* () {
        yield new TextEncoder().encode(value);
      })();
      return { content, report: {}, contentSecret: new Uint8Array(32) };
    },
    exportReceipts: async () => ({ kind: "http" }),
  }) as unknown as SecretSource; // what a run uses of a client

/** The folder of a service: configuration, key, modules. */
export type ServedFolder = {
  readonly directory: string;
  readonly configFile: string;
  readonly hashes: Readonly<Record<string, Hash32>>;
  readonly remove: () => Promise<void>;
};

/**
 * Makes the folder of a service that serves modules by name.
 * @param more TOML before the modules: tables of the configuration
 */
export const makeServedFolder = async (
  modules: Readonly<Record<string, { readonly bytes: Uint8Array; readonly manifest?: string; readonly entry?: string }>>,
  { top = "", more = "" }: { readonly top?: string; readonly more?: string } = {},
): Promise<ServedFolder> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-service-"));
  const hashes: Record<string, Hash32> = {};
  let listed = "";
  for (const [name, { bytes, manifest = "", entry = "" }] of Object.entries(modules)) {
    hashes[name] = parseHash32(`0x${createHash("sha256").update(bytes).digest("hex")}`);
    await writeFile(join(directory, `${name}.wasm`), bytes);
    await writeFile(join(directory, `${name}.toml`), `${manifest}\n[module]\nfile = "${name}.wasm"\nhash = "${hashes[name]}"\n`);
    listed += `[[modules]]\nmanifest = "${name}.toml"\n${entry}\n`;
  }
  const wallet = new Wallet(RUNNER_KEY);
  await writeFile(join(directory, "password"), "a password of a test", { mode: 0o600 });
  await writeFile(join(directory, "key.json"), encryptKeystoreJsonSync(wallet, "a password of a test", { scrypt: { N: 2 } }), {
    mode: 0o600,
  });
  const configFile = join(directory, "runner.toml");
  await writeFile(
    configFile,
    `dataDirectory = "data"
callers = ["${callerWallet(1).address}", "${callerWallet(2).address}"]
${top}
[chain]
rpcUrls = ["http://127.0.0.1:9"]
chainId = 31337
deployment = "deployment.json"
[key]
keystoreFile = "key.json"
passphraseFile = "password"
[http]
port = 0
${more}
${listed}`,
  );
  return { directory, configFile, hashes, remove: () => rm(directory, { recursive: true, force: true }) };
};

/** A service in this process, over keepers of a test. */
export const startService = async (
  { configFile }: Pick<ServedFolder, "configFile">,
  keepers: Keepers,
  log: Logger = silentLogger,
): Promise<{
  readonly url: string;
  readonly service: RunnerService;
  readonly config: ServiceConfig;
  readonly as: (caller: number) => RemoteRunner;
}> => {
  const config = await readServiceConfig(configFile);
  await initialiseRunner(config, { createKey: false }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "RUNNER_ALREADY_INITIALISED")) throw error;
  });
  const wallet = new Wallet(RUNNER_KEY);
  const identity = {
    client: clientOf(keepers),
    signer: wallet,
    runner: RUNNER,
    chainId: 31337n,
    shareRequests: parseAddress(`0x${"5e".repeat(20)}`),
  };
  const chain = { identity, blobs: createMemoryBlobStore(), assertOwnChain: async () => undefined, close: () => undefined };
  const service = await createService(config, { log, chain });
  const url = await service.start();
  return { url, service, config, as: (caller) => createRemoteRunner({ url, signer: callerWallet(caller), domain: DOMAIN }) };
};
