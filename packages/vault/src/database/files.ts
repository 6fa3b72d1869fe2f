import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { VaultError } from "../errors.ts";

/** Files of a vault. SQLite gives its -wal and -shm files the mode of the main file. */
export const vaultFiles = (directory: string) => ({
  database: join(directory, "vault.sqlite"),
  lock: join(directory, "writer.lock"),
});

const OWN_NAMES = /^(vault\.sqlite(-wal|-shm|-journal)?|writer\.lock(-journal)?)$/;

/** Makes the directory (0700) and empty files (0600). Throws VAULT_EXISTS when anything but a half-made vault is there. */
export const createFiles = (directory: string): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const foreign = readdirSync(directory).filter((name) => !OWN_NAMES.test(name));
  if (foreign.length > 0) {
    throw new VaultError("VAULT_EXISTS", `${directory} is not empty. Choose another directory for the vault.`, {
      directory,
      found: foreign.slice(0, 5),
    });
  }
  const { database, lock } = vaultFiles(directory);
  for (const path of [database, lock]) closeSync(openSync(path, "a", 0o600));
  assertFiles(directory);
  for (const path of [directory, dirname(directory)]) syncDirectory(path);
};

/** Throws VAULT_MISSING when there is no vault, VAULT_PERMISSIONS when others could read it. */
export const assertFiles = (directory: string): void => {
  const { database, lock } = vaultFiles(directory);
  for (const path of [directory, database, lock]) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined && path !== lock) {
      throw new VaultError("VAULT_MISSING", `There is no vault in ${directory}. Make one with: keyquorum-keeper init`, { directory });
    }
    if (stats === undefined || process.platform === "win32" || (stats.mode & 0o077) === 0) continue;
    throw new VaultError("VAULT_PERMISSIONS", `Others can read ${path}. Run: chmod go= ${path}`, { path });
  }
};

/** Makes new names durable. */
const syncDirectory = (path: string): void => {
  if (process.platform === "win32") return;
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
