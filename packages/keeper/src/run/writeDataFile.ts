import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { writeAtomically } from "@keyquorum/chain/node";
import { KeeperError } from "./errors.ts";

/**
 * The file is the former one or the new one, whole, whenever the machine stops; durable when it resolves. Mode 0600. Its folder is there: a data
 * directory that is not mounted is not made. Throws KeeperError VAULT_IO.
 */
export const writeDataFile = async (file: string, text: string): Promise<void> => {
  try {
    await stat(dirname(file));
    await writeAtomically(file, new TextEncoder().encode(text), { replace: true });
  } catch (cause) {
    throw new KeeperError(
      "VAULT_IO",
      `${file} cannot be written. Free some space, or correct its folder's owner and mode.`,
      { file },
      { cause },
    );
  }
};
