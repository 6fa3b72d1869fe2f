import { VaultError } from "../errors.ts";

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** An extended one: the shared memory file cannot grow. */
const IOERR_SHMSIZE = (19 << 8) | IOERR;

/** Turns an error of node:sqlite into one that says what to do. Other errors pass unchanged. */
export const translateSqliteError = (error: unknown): unknown => {
  const code = resultCode(error) === IOERR_SHMSIZE ? FULL : primaryCode(error);
  switch (code) {
    case FULL:
      return new VaultError(
        "VAULT_DISK_FULL",
        "The disk is full. Nothing was written; free some space and continue.",
        {},
        { cause: error },
      );
    case IOERR:
      return new VaultError(
        "VAULT_IO",
        "The disk reported an error, so what was written last is uncertain. Check the disk, then restart the keeper.",
        {},
        { cause: error },
      );
    case READONLY:
    case CANTOPEN:
      return new VaultError(
        "VAULT_IO",
        "The vault's files cannot be opened for writing. Check their owner and mode.",
        {},
        { cause: error },
      );
    case CORRUPT:
    case NOTADB:
      return new VaultError("VAULT_TAMPERED", "The vault's file is damaged. Restore it from a backup.", {}, { cause: error });
    case BUSY:
      return new VaultError("VAULT_LOCKED", "Another process has the vault open. Stop it first.", {}, { cause: error });
    default:
      return error;
  }
};

/** Whether the state of the file is uncertain after this error, so that the vault must not continue. */
export const isDiskFailure = (error: unknown): boolean => primaryCode(error) === IOERR;

/** Whether another process holds the file. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === BUSY;

const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;

const primaryCode = (error: unknown): number | undefined => {
  const code = resultCode(error);
  return code === undefined ? undefined : code & 0xff;
};
