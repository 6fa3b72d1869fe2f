import { existsSync } from "node:fs";
import { VaultError } from "../errors.ts";
import { openSecretsFile, type SecretsFile } from "../secrets/secretsFile.ts";
import { createSecretsFile, vaultFiles } from "./files.ts";
import { APART_SINCE, storedVersion } from "./migrations.ts";
import { openDatabase, type VaultFile } from "./nodeSqlite.ts";

/** Both files of a vault. `recordsPath`: of the first. */
export type OpenFiles = {
  readonly records: VaultFile;
  readonly secrets: SecretsFile;
  readonly recordsPath: string;
  close(): Promise<void>;
};

/**
 * Opens both; the one of secrets is made where the vault is of a version that had none. After a failure of the disk nothing is written to either. Throws
 * VAULT_TAMPERED where it is gone.
 */
export const openFiles = async (directory: string): Promise<OpenFiles> => {
  const paths = vaultFiles(directory);
  const records = openDatabase(paths.database);
  try {
    if (!existsSync(paths.secrets)) {
      if ((await storedVersion(records.db)) >= APART_SINCE) throw secretsGone(directory);
      createSecretsFile(directory);
    }
    const secrets = openSecretsFile(paths.secrets, records.guarded);
    const close = async (): Promise<void> => {
      await secrets.close();
      await records.close();
    };
    return { records, secrets, recordsPath: paths.database, close };
  } catch (error) {
    await records.close();
    throw error;
  }
};

const secretsGone = (directory: string): VaultError =>
  new VaultError("VAULT_TAMPERED", `The vault's secrets.sqlite is gone from ${directory}. Restore both of its files from one backup.`, {
    directory,
  });
