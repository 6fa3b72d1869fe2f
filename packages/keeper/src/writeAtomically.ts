import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { KeeperError } from "./errors.ts";

/** The file is the former one or the new one, whole, whenever the machine stops; durable when it resolves. Mode 0600. Throws KeeperError VAULT_IO. */
export const writeAtomically = async (file: string, text: string): Promise<void> => {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await syncDirectory(dirname(file));
  } catch (cause) {
    await rm(draft, { force: true });
    throw new KeeperError(
      "VAULT_IO",
      `${file} cannot be written. Free some space, or correct its folder's owner and mode.`,
      { file },
      { cause },
    );
  }
};

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
