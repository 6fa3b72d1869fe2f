import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterKeeper } from "./clusterKeeper.ts";

/** A keeper's data directory: vault.sqlite and what belongs to it. */
export const dataDirectoryOf = ({ directory }: Pick<ClusterKeeper, "directory">): string => join(directory, "data");

/** Copies a stopped keeper's data, as an operator's backup does who copies files. Throws while the keeper runs: such a copy may be torn. */
export const backUp = async (keeper: ClusterKeeper, to: string): Promise<void> => {
  if (keeper.process().isRunning()) throw new Error(`Keeper ${keeper.slot} runs: stop it before its files are copied.`);
  await cp(dataDirectoryOf(keeper), to, { recursive: true, preserveTimestamps: true });
};

/** Puts a backup in the place of a stopped keeper's data; what was there is gone. */
export const restore = async (keeper: ClusterKeeper, from: string): Promise<void> => {
  if (keeper.process().isRunning()) throw new Error(`Keeper ${keeper.slot} runs: stop it before its files are replaced.`);
  await rm(dataDirectoryOf(keeper), { recursive: true, force: true });
  await cp(from, dataDirectoryOf(keeper), { recursive: true, preserveTimestamps: true });
};
