import { readHexKeyFile, readSecretFile } from "@keyquorum/daemon";
import { secureRandom } from "@keyquorum/threshold";
import {
  type KeyEncryptionKey,
  keyFromFile,
  keyFromPassphrase,
  openVault,
  type Vault,
  VaultError,
  type VaultErrorCode,
  type VaultPin,
} from "@keyquorum/vault";
import type { Address } from "@keyquorum/wire";
import type { KeeperConfig, VaultKeySource } from "../config/parseConfig.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Clock } from "./clock.ts";
import { KeeperError, type KeeperErrorCode } from "./errors.ts";

/** What unlocks the vault, from the file that the configuration names. Secret. */
export const readVaultKey = async (source: VaultKeySource): Promise<KeyEncryptionKey> => {
  if (source.kind === "passphrase")
    return keyFromPassphrase(Buffer.from(await readSecretFile(source.passphraseFile, "vault's passphrase")).toString("utf8"));
  await readHexKeyFile(source.keyFile, "vault's key"); // checks its form and its mode with this keeper's sentences
  return keyFromFile(source.keyFile);
};

/** The one deployment and operator that a vault belongs to (D40). */
export const pinOf = (contracts: ServedContracts, operator: Address): VaultPin => ({
  chainId: contracts.chainId,
  genesisHash: contracts.genesisHash,
  registry: contracts.addresses.keeperRegistry,
  deploymentBlockHash: contracts.blockHash,
  operator,
});

type Meaning = readonly [code: KeeperErrorCode, sentence: (directory: string) => string];

/** What a vault's refusal means to an operator. */
const MEANINGS: Partial<Readonly<Record<VaultErrorCode, Meaning>>> = {
  VAULT_MISSING: [
    "KEEPER_NOT_INITIALISED",
    (directory) =>
      `There is no keeper in ${directory}. If this keeper is new, run \`keyquorum-keeper init\`. If it is registered already, its data is not here: mount or restore it; never run init in its place, its shares would be lost.`,
  ],
  VAULT_EXISTS: [
    "KEEPER_ALREADY_INITIALISED",
    (directory) => `${directory} is not empty, and it is kept as it is. Name another dataDirectory, or run the keeper that is there.`,
  ],
  VAULT_LOCKED: [
    "KEEPER_ALREADY_RUNNING",
    (directory) => `Another process runs the keeper in ${directory}. Stop it first; two keepers on one directory are never right.`,
  ],
  VAULT_FOREIGN: [
    "KEEPER_FOREIGN_DATA",
    (directory) =>
      `The data in ${directory} belongs to another chain, deployment or operator than the configuration names. Name the matching directory, deployment and operator key. After a change of the operator's key, run \`keyquorum-keeper operator replace\` once.`,
  ],
  VAULT_WRONG_KEY: [
    "WRONG_PASSPHRASE",
    (directory) => `The passphrase or key file does not open the vault in ${directory}. Correct the file that [vault] names.`,
  ],
};

/** Turns a vault's refusal into what an operator is told; other errors pass. */
export const vaultFailure = (error: unknown, directory: string): unknown => {
  if (!(error instanceof VaultError)) return error;
  const meaning = error.details.reason === "read" ? undefined : MEANINGS[error.code]; // read by another program, not run by another keeper
  const [code, sentence] = meaning ?? [error.code, () => error.message];
  return new KeeperError(code, sentence(directory), { directory, ...error.details }, { cause: error });
};

/** Opens this keeper's vault. Throws KeeperError with a sentence for the operator. */
export const openKeeperVault = async (options: {
  readonly config: Pick<KeeperConfig, "dataDirectory" | "vault">;
  readonly contracts: ServedContracts;
  readonly operator: Address;
  readonly clock: Clock;
}): Promise<Vault> => {
  const keyEncryptionKey = await readVaultKey(options.config.vault);
  const directory = options.config.dataDirectory;
  try {
    return await openVault({
      directory,
      keyEncryptionKey,
      pin: pinOf(options.contracts, options.operator),
      random: secureRandom,
      clock: options.clock.now,
    });
  } catch (error) {
    throw vaultFailure(error, directory);
  }
};
