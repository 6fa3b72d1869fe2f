import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KeeperConfig, parseConfig } from "../config/parseConfig.ts";
import { FAKE_DEPLOYMENT } from "./fakeChain.ts";

/** Files of one keeper in a folder of its own. Tests only. The keys are canaries: no test may find them in what a keeper writes. */
export type TempKeeper = {
  readonly directory: string;
  readonly config: KeeperConfig;
  readonly secrets: Readonly<Record<"operatorKey" | "vaultKey" | "rpcKey", string>>;
  readonly remove: () => Promise<void>;
};

const OPERATOR_KEY = "4a11e0".padEnd(64, "0badc0de");
const VAULT_KEY = "5eed".padEnd(64, "c0ffee11");
const RPC_KEY = "canary-rpc-key-1234567890";

export const createTempKeeper = async (extraToml = ""): Promise<TempKeeper> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-keeper-"));
  await chmod(directory, 0o700);
  await mkdir(join(directory, "secrets"), { mode: 0o700 });
  await writeFile(join(directory, "secrets/operator.key"), OPERATOR_KEY, { mode: 0o600 });
  await writeFile(join(directory, "secrets/vault.key"), VAULT_KEY, { mode: 0o600 });
  await writeFile(join(directory, "deployment.json"), JSON.stringify(FAKE_DEPLOYMENT));
  const toml = `
dataDirectory = "data"
[chain]
rpcUrls = ["https://rpc.example/${RPC_KEY}"]
chainId = 31337
deployment = "deployment.json"
pollIntervalMilliseconds = 20
headLookMilliseconds = 0
[operator]
keyFile = "secrets/operator.key"
[vault]
keyFile = "secrets/vault.key"
[http]
port = 0
${extraToml}`;
  return {
    directory,
    config: parseConfig(toml, directory),
    secrets: { operatorKey: OPERATOR_KEY, vaultKey: VAULT_KEY, rpcKey: RPC_KEY },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
};
