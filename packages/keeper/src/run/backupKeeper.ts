import { resolve } from "node:path";
import { backupVault, VaultError } from "@keyquorum/vault";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { KeeperError } from "./errors.ts";
import { vaultFailure } from "./vaultFile.ts";

/** Copies a keeper's vault, whether the keeper runs or not, and answers with where it is. Throws KeeperError: EXPORT_EXISTS where something is there. */
export const backupKeeper = async (config: Pick<KeeperConfig, "dataDirectory">, to: string): Promise<string> => {
  const directory = resolve(to);
  try {
    await backupVault({ directory: config.dataDirectory, to: directory });
    return directory;
  } catch (error) {
    if (error instanceof VaultError && error.code === "VAULT_EXISTS")
      throw new KeeperError("EXPORT_EXISTS", error.message, { directory }, { cause: error });
    if (error instanceof VaultError && error.code === "VAULT_LOCKED")
      throw new KeeperError("VAULT_LOCKED", error.message, { directory }, { cause: error });
    throw vaultFailure(error, config.dataDirectory);
  }
};
