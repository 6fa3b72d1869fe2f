import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { VaultError } from "../errors.ts";
import { onFiles } from "./fileErrors.ts";
import { isBusy, translateSqliteError } from "./sqliteErrors.ts";

/**
 * Holds the one writer's lock: an exclusive transaction on a file of its own, so that the vault itself stays readable for backups.
 * The operating system frees it when the process ends, also after kill -9. Throws VAULT_LOCKED at once, VAULT_DISK_FULL or VAULT_IO.
 */
export const holdWriterLock = (path: string): { release(): void } => {
  onFiles(dirname(path), () => closeSync(openSync(path, "a", 0o600)));
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw translateSqliteError(cause); // an exclusive transaction writes: the disk may be full
    throw new VaultError("VAULT_LOCKED", `Another process has this vault open (${path}). Stop it first.`, { path }, { cause });
  }
  return { release: () => lock.close() };
};
