import { dirname, resolve } from "node:path";
import { readConfigText } from "@keyquorum/daemon";
import { type KeeperConfig, parseConfig } from "./parseConfig.ts";

/** Reads a configuration file. Throws OperatorError CONFIG_UNREADABLE or CONFIG_INVALID. */
export const readConfig = async (path: string): Promise<KeeperConfig> => {
  const file = resolve(path);
  return parseConfig(await readConfigText(file, "packages/keeper/keeper.example.toml"), dirname(file));
};
