import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The names of the files in a folder, write-ahead logs included, that hold these bytes anywhere. */
export const filesWithBytes = async (folder: string, bytes: Uint8Array): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    if ((await readFile(file)).includes(Buffer.from(bytes))) found.push(entry.name);
  }
  return found;
};
