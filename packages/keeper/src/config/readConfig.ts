import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { KeeperError } from "../run/errors.ts";
import { type KeeperConfig, parseConfig } from "./parseConfig.ts";

/** Reads a configuration file. Throws KeeperError CONFIG_UNREADABLE or CONFIG_INVALID. */
export const readConfig = async (path: string): Promise<KeeperConfig> => {
  const file = resolve(path);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new KeeperError(
      "CONFIG_UNREADABLE",
      `The configuration file ${file} cannot be read. Copy packages/keeper/keeper.example.toml there and adapt it, or name another file with --config.`,
      { file },
      { cause },
    );
  }
  return parseConfig(text, dirname(file));
};
