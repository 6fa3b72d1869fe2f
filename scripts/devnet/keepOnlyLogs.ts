import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const LOG = "keeper.log";

/**
 * Removes everything under a devnet's folder but the keepers' logs: keys, passphrases and configurations do not stay behind. Returns where logs are left.
 * Synchronous, for the end of a process.
 */
export const keepOnlyLogs = (folder: string): readonly string[] => {
  const kept: string[] = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const kind = lstatSync(path);
    if (kind.isDirectory()) kept.push(...keepOnlyLogs(path));
    else if (name === LOG && kind.isFile()) kept.push(path);
    else rmSync(path, { force: true });
  }
  if (kept.length === 0) rmSync(folder, { recursive: true, force: true });
  return kept;
};
