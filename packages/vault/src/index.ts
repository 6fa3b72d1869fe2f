export { type Damage, shareOfDamage } from "./damage.ts";
export type { Durability } from "./database/nodeSqlite.ts";
export { VaultError, type VaultErrorCode } from "./errors.ts";
export {
  DEFAULT_PASSPHRASE_PARAMETERS,
  type KeyDerivation,
  type KeyEncryptionKey,
  keyFromFile,
  keyFromPassphrase,
  type PassphraseParameters,
} from "./keyEncryptionKey.ts";
export type { VaultPin } from "./pin.ts";
export { type ReplacedOperator, replaceVaultOperator } from "./replaceOperator.ts";
export { isVital } from "./sealing/verifySealedRows.ts";
export type * from "./stores/types.ts";
export { subjectOfId } from "./upgrades/transactionIds.ts";
export { createVault, type NewVaultSecrets, openVault, type Vault, type VaultOptions } from "./vault.ts";
