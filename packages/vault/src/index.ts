export { backupVault } from "./backup.ts";
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
export type * from "./stores/types/answers.ts";
export type * from "./stores/types/audit.ts";
export type * from "./stores/types/challenges.ts";
export type * from "./stores/types/epochs.ts";
export type * from "./stores/types/follower.ts";
export type * from "./stores/types/logs.ts";
export type * from "./stores/types/outbox.ts";
export type * from "./stores/types/refusals.ts";
export type * from "./stores/types/sealedTables.ts";
export type * from "./stores/types/secrets.ts";
export type * from "./stores/types/shares.ts";
export type * from "./stores/types/signing.ts";
export type * from "./stores/types/vaultStores.ts";
export type * from "./stores/types/work.ts";
export { subjectOfId } from "./upgrades/transactionIds.ts";
export { createVault, type NewVaultSecrets, openVault, type Vault, type VaultOptions } from "./vault.ts";
