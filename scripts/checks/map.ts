import { access, readFile } from "node:fs/promises";
import { join } from "node:path";

const DOCUMENT = "CONTRIBUTING.md";
/** What a stranger looks for first. */
const REQUIRED = ["a reader asks by HTTP", "a reader asks on chain", "a dealing is wrong", "a share is lost", "an epoch opens"];

/** Rows of CONTRIBUTING's map that are not there, name no file, or name one that does not exist. */
export const mapProblems = async (): Promise<readonly string[]> => {
  const section = (await readFile(DOCUMENT, "utf8")).match(/^## Map\n([\s\S]*?)^## /m)?.[1] ?? "";
  const rows = [...section.matchAll(/^\| ([^|`]+) \| `([^`]+)` \| ([^|]+) \|$/gm)];
  const found: string[] = REQUIRED.filter((what) => !rows.some(([, name]) => name === what)).map(
    (what) => `${DOCUMENT}: the map has no row "${what}"`,
  );
  for (const [, what, folder = "", list = ""] of rows) {
    const files = [...list.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => join(folder, file));
    if (files.length === 0) found.push(`${DOCUMENT}: "${what}" names no file`);
    for (const file of files) if (!(await exists(file))) found.push(`${DOCUMENT}: "${what}" names ${file}, which does not exist`);
  }
  return found;
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
