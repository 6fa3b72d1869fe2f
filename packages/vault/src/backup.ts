import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as sqlite from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { onFiles } from "./database/fileErrors.ts";
import { assertFiles, assertRecords, syncDirectory, vaultFiles } from "./database/files.ts";
import { translateSqliteError } from "./database/sqliteErrors.ts";
import { VaultError } from "./errors.ts";

/** So often secrets may change between the two copies before it is given up; it waits so long between. */
const MOST_TRIES = 100;
const PAUSE_MILLISECONDS = 50;
/** More pages than a file has: all in one step, so that a write in between does not begin the copy again. */
const ALL_PAGES = 0x7fffffff;
const BUSY_MILLISECONDS = 1_000;

/**
 * Copies a vault, also one that a keeper has open, into a directory that does not exist yet. Both files are of one moment: the secrets are copied, then the
 * records are looked at from here on as they are at this moment, and where no secret was written or erased until then, they are copied. Secrets are read for
 * as long as their small file takes. No key is needed. Where it fails, nothing is left of it. Throws VAULT_EXISTS, VAULT_LOCKED where secrets change all the time, and what opening a vault throws.
 */
export const backupVault = async ({ directory, to }: { readonly directory: string; readonly to: string }): Promise<void> => {
  const [from, target] = [resolve(directory), resolve(to)];
  assertFiles(from);
  assertRecords(from);
  if (existsSync(target))
    throw new VaultError("VAULT_EXISTS", `${target} is there already. Name a directory that is not.`, { directory: target });
  const [source, copy] = [vaultFiles(from), vaultFiles(target)];
  onFiles(target, () => mkdirSync(target, { mode: 0o700 }));
  try {
    onFiles(target, () => {
      for (const path of [copy.database, ...(existsSync(source.secrets) ? [copy.secrets] : [])]) closeSync(openSync(path, "a", 0o600));
    });
    await copyBoth(source, copy);
    onFiles(target, () => {
      for (const path of [copy.database, ...(existsSync(copy.secrets) ? [copy.secrets] : [])]) syncFile(path);
      for (const path of [target, dirname(target)]) syncDirectory(path);
    });
  } catch (error) {
    rmSync(target, { recursive: true, force: true }); // half of one is none, and looks like a vault that was never finished
    throw translateSqliteError(error);
  }
};

type Paths = ReturnType<typeof vaultFiles>;

const copyBoth = async (source: Paths, copy: Paths): Promise<void> => {
  const records = openToRead(source.database);
  try {
    for (let tried = 0; tried < MOST_TRIES; tried += 1) {
      const didHold = existsSync(source.secrets) ? await holdBoth(records, source, copy) : hold(records);
      if (didHold) {
        await sqlite.backup(records, copy.database, { rate: ALL_PAGES });
        return;
      }
      records.exec("ROLLBACK");
      await delay(PAUSE_MILLISECONDS);
    }
  } finally {
    records.close();
  }
  throw new VaultError(
    "VAULT_LOCKED",
    "Secrets of this vault change all the time. Back it up at a quieter time, or with the keeper stopped.",
  );
};

/** Whether no secret changed between the copy of all of them and the moment at which the records are looked at from now on. */
const holdBoth = async (records: sqlite.DatabaseSync, source: Paths, copy: Paths): Promise<boolean> => {
  const secrets = openToRead(source.secrets);
  // Changes whenever somebody else's commit is seen for the first time.
  const version = () => secrets.prepare("PRAGMA data_version").get()?.data_version;
  try {
    const before = version();
    await sqlite.backup(secrets, copy.secrets, { rate: ALL_PAGES });
    hold(records);
    return version() === before;
  } finally {
    secrets.close();
  }
};

/** Begins to look at the file as it is now. */
const hold = (database: sqlite.DatabaseSync): true => {
  database.exec("BEGIN");
  database.prepare("SELECT count(*) FROM sqlite_master").get();
  return true;
};

const openToRead = (path: string): sqlite.DatabaseSync => new sqlite.DatabaseSync(path, { readOnly: true, timeout: BUSY_MILLISECONDS });

const syncFile = (path: string): void => {
  const handle = openSync(path, "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
