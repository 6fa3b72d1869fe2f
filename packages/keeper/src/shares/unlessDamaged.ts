import { VaultError } from "@keyquorum/vault";

/** Whether the vault says that a record is damaged: it will not be read the next time either, and others are. */
export const isDamaged = (error: unknown): error is VaultError =>
  error instanceof VaultError && (error.code === "VAULT_TAMPERED" || error.code === "VAULT_SHARE_MISMATCH");

/** What is read of the vault; undefined where it is damaged, as where it is not there. */
export const unlessDamaged = <Result>(reading: Promise<Result>): Promise<Result | undefined> =>
  reading.catch((error: unknown) => {
    if (isDamaged(error)) return undefined;
    throw error;
  });
