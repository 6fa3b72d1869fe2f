import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const DOCUMENT = "docs/DECISIONS.md";
const FOLDERS = ["contracts", "docs", "examples", "packages", "scripts", "tasks", "test"];
/** Written by a program, or a record of what once was. */
const NOT_READ = new Set([DOCUMENT, "docs/TRACK_RECORD.md"]);

/** Decisions that are cited and stand nowhere, decisions that nothing cites, numbers that stand twice. */
export const decisionProblems = async (): Promise<readonly string[]> => {
  const numbers = [...(await readFile(DOCUMENT, "utf8")).matchAll(/^\*\*(D\d+) /gm)].map(([, number = ""]) => number);
  const known = new Set(numbers);
  const cited = new Map<string, string>();
  for (const folder of FOLDERS)
    for (const path of await sourcesIn(folder))
      for (const [number] of (await readFile(path, "utf8")).matchAll(/\bD[1-9]\d?\b/g)) if (!cited.has(number)) cited.set(number, path);
  return [
    ...[...cited]
      .filter(([number]) => !known.has(number))
      .map(([number, path]) => `${path} cites ${number}, which ${DOCUMENT} does not have`),
    ...[...known].filter((number) => !cited.has(number)).map((number) => `${DOCUMENT}: nothing cites ${number}`),
    ...numbers.filter((number, index) => numbers.indexOf(number) !== index).map((number) => `${DOCUMENT}: ${number} stands twice`),
  ];
};

const sourcesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /[.](ts|tsx|cjs|mjs|sol|md)$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !/(^|\/)(node_modules|dist|testdata|api)\//.test(path) && !NOT_READ.has(path));
