import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const KEEPER = "packages/keeper/src";

/** Events without a duty tag, tags that name no file, duty files that no event names. The contracts are the daemon's table of contents. */
export const dutyProblems = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  const named = new Set<string>();
  for (const file of (await readdir("contracts/interfaces")).filter((name) => name.endsWith(".sol"))) {
    const source = await readFile(join("contracts/interfaces", file), "utf8");
    for (const match of source.matchAll(/((?:^ *\/\/\/.*\n)*)^ *event (\w+)/gm)) {
      const tag = match[1]?.match(/@custom:duty (\S+)/)?.[1];
      if (tag === undefined) found.push(`${file}: event ${match[2]} has no @custom:duty tag`);
      else if (tag !== "none") named.add(tag);
    }
  }
  const files = (await readdir(KEEPER, { recursive: true }))
    .filter((name) => /(^|\/)on[A-Z]\w*[.]ts$/.test(name))
    .map((name) => `${KEEPER}/${name}`);
  for (const tag of named) if (!files.includes(tag)) found.push(`no file for duty ${tag}`);
  for (const file of files) if (!named.has(file)) found.push(`${file} is named by no event`);
  return found;
};
