import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const isPublished = import.meta.url.endsWith(".js");
const SOURCES = fileURLToPath(new URL("../child/", import.meta.url));

/** Writes each source without its types, in a Node of its own: the function is experimental and warns. */
const STRIP = `
  const { readFileSync, writeFileSync } = require("node:fs"), { stripTypeScriptTypes } = require("node:module");
  const [from, to, ...names] = process.argv.slice(1);
  writeFileSync(to + "/package.json", '{"type":"module"}');
  for (const name of names)
    writeFileSync(to + "/" + name.replace(/ts$/, "js"), stripTypeScriptTypes(readFileSync(from + name, "utf8")).replace(/(from ".*)[.]ts"/g, '$1.js"'));`;

let found: string | undefined;

/**
 * The child's program. Published it is JavaScript as it is. From sources its types are taken out once for each state of the sources, into
 * node_modules/.cache: Node would do so at each start, for 35 ms of CPU.
 */
export const childFile = (): string => {
  found ??= realpathSync(isPublished ? join(SOURCES, "main.js") : (strippedFile() ?? join(SOURCES, "main.ts")));
  return found; // without links: the permission to read is for the folder that the file is really in
};

const strippedFile = (): string | undefined => {
  const names = readdirSync(SOURCES).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const state = createHash("sha256").update(process.version).update(STRIP);
  for (const name of names.sort()) state.update(`${name}\n`).update(readFileSync(join(SOURCES, name)));
  const cache = fileURLToPath(new URL("../../../../node_modules/.cache/", import.meta.url));
  const folder = join(cache, `keyquorum-runner-${state.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return join(folder, "main.js");
  try {
    mkdirSync(cache, { recursive: true });
    const made = mkdtempSync(join(dirname(folder), "runner-"));
    const { status } = spawnSync(process.execPath, ["--no-warnings", "--eval", STRIP, SOURCES, made, ...names], { stdio: "ignore" });
    if (status === 0 && !existsSync(folder)) renameSync(made, folder);
    rmSync(made, { recursive: true, force: true });
  } catch {
    // A folder that cannot be written, or another process was first.
  }
  return existsSync(folder) ? join(folder, "main.js") : undefined;
};
