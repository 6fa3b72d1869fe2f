import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { VaultError } from "../errors.ts";
import { onFiles } from "./fileErrors.ts";

/**
 * Files of a vault: all records, and the small file that every secret is in. SQLite gives its -wal and -shm files the mode of the main file.
 */
export const vaultFiles = (directory: string) => ({
  database: join(directory, "vault.sqlite"),
  secrets: join(directory, "secrets.sqlite"),
  lock: join(directory, "writer.lock"),
});

const OWN_NAMES = /^((vault|secrets)\.sqlite(-wal|-shm|-journal)?|writer\.lock(-journal)?)$/;

/**
 * Makes the directory (0700) and empty files (0600). Throws VAULT_EXISTS when anything but a half-made vault is there, VAULT_DISK_FULL or
 * VAULT_IO.
 */
export const createFiles = (directory: string): void => onFiles(directory, () => makeFiles(directory));

const makeFiles = (directory: string): void => {
  makeDirectory(directory);
  const foreign = readdirSync(directory).filter((name) => !OWN_NAMES.test(name));
  if (foreign.length > 0) {
    throw new VaultError("VAULT_EXISTS", `${directory} is not empty. Choose another directory for the vault.`, {
      directory,
      found: foreign.slice(0, 5),
    });
  }
  const { database, secrets, lock } = vaultFiles(directory);
  // The records' file is made first: secrets without it are of a vault that lost it.
  if ((!existsSync(database) && existsSync(secrets)) || areRecordsLost(directory)) throw secretsInTheWay(directory);
  for (const path of [database, secrets, lock]) closeSync(openSync(path, "a", 0o600));
  assertFiles(directory);
  for (const path of [directory, dirname(directory)]) syncDirectory(path);
};

/** A vault whose records are lost, by all that is seen; its secrets may be of use with a backup of them, and nobody else has them. */
export const secretsInTheWay = (directory: string): VaultError =>
  new VaultError(
    "VAULT_EXISTS",
    `${vaultFiles(directory).secrets} holds secrets of a vault whose vault.sqlite is gone or empty. They are kept. Restore both from one backup, or choose another directory.`,
    { directory, found: ["secrets.sqlite"] },
  );

/**
 * Whether the records' file is empty and the one of secrets is not. No crash leaves that: secrets are written when the records' file has its first page. A
 * truncated file does, and a copy that ended early. SQLite would throw away the records' log with it, so nothing may be opened.
 */
export const areRecordsLost = (directory: string): boolean => {
  const { database, secrets } = vaultFiles(directory);
  return sizeOf(database) === 0 && (sizeOf(secrets) ?? 0) > 0;
};

/** Throws VAULT_MISSING where the vault was never finished, VAULT_TAMPERED where its records were lost; before any file is opened. */
export const assertRecords = (directory: string): void => {
  if (areRecordsLost(directory)) throw recordsLost(directory);
  if (sizeOf(vaultFiles(directory).database) === 0) throw unfinished(directory);
};

export const unfinished = (directory: string): VaultError =>
  new VaultError("VAULT_MISSING", `The vault in ${directory} was never finished. Make it again with: keyquorum-keeper init`, { directory });

export const recordsLost = (directory: string): VaultError =>
  new VaultError(
    "VAULT_TAMPERED",
    `The vault's vault.sqlite in ${directory} is empty, and there are secrets beside it. Restore both of its files from one backup; do not make a vault here.`,
    { directory },
  );

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size;

/** For a vault of a version that had none. */
export const createSecretsFile = (directory: string): void =>
  onFiles(directory, () => {
    closeSync(openSync(vaultFiles(directory).secrets, "a", 0o600));
    syncDirectory(directory);
  });

/** With its parents. Not by Node's own `recursive`, which never ends where a directory refuses new names with ENOENT, as /proc does. */
const makeDirectory = (directory: string): void => {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory, { mode: 0o700 });
};

/** Throws VAULT_MISSING when there is no vault, VAULT_PERMISSIONS when others could read it, VAULT_IO when we cannot. */
export const assertFiles = (directory: string): void => onFiles(directory, () => lookAtFiles(directory));

const lookAtFiles = (directory: string): void => {
  const { database, secrets, lock } = vaultFiles(directory);
  for (const path of [directory, database, secrets, lock]) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined && path !== lock && path !== secrets) {
      throw new VaultError("VAULT_MISSING", `There is no vault in ${directory}. Make one with: keyquorum-keeper init`, { directory });
    }
    if (stats === undefined || process.platform === "win32" || (stats.mode & 0o077) === 0) continue;
    throw new VaultError("VAULT_PERMISSIONS", `Others can read ${path}. Run: chmod go= ${path}`, { path });
  }
};

/** Makes new names durable. */
export const syncDirectory = (path: string): void => {
  if (process.platform === "win32") return;
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
