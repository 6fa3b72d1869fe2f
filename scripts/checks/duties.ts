import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const DUTIES = "packages/keeper/src/duties";

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
  const files = (await readdir(DUTIES).catch(() => [])).filter((name) => name.startsWith("on") && !name.endsWith(".test.ts"));
  for (const tag of named) if (!files.some((name) => `${DUTIES}/${name}` === tag)) found.push(`no file for duty ${tag}`);
  for (const name of files) if (!named.has(`${DUTIES}/${name}`)) found.push(`${DUTIES}/${name} is named by no event`);
  return found;
};
