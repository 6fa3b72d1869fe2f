import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const KEEPER = "packages/keeper/src";
/** `FILE`: starts work. `looked at every head by FILE`. `read when .., by FILE`. */
const REACTION = /^(?:(looked at every head by )|(read when [^,]+, by ))?(packages\/keeper\/src\/\S+[.]ts)$/;

type Event = { readonly file: string; readonly name: string; readonly tag: string | undefined };

/**
 * Events without a duty tag, tags that name no file or one that does not react so, duty files that no event names. The contracts are the daemon's table
 * of contents.
 */
export const dutyProblems = async (): Promise<readonly string[]> => {
  const sources = await keeperSources();
  const events = await taggedEvents();
  const starting = new Set(events.flatMap(({ tag }) => (tag?.startsWith(KEEPER) ? [tag] : [])));
  const unnamed = [...sources.keys()].filter((file) => /\/on[A-Z]\w*[.]ts$/.test(file) && !starting.has(file));
  return [...events.flatMap((event) => problemOf(event, sources) ?? []), ...unnamed.map((file) => `${file} is named by no event`)];
};

const problemOf = ({ file, name, tag }: Event, sources: ReadonlyMap<string, string>): string | undefined => {
  if (tag === undefined) return `${file}: event ${name} has no @custom:duty tag`;
  if (tag === "none") return undefined;
  const [, isLookedAt, isRead, reacting = ""] = REACTION.exec(tag) ?? [];
  const source = sources.get(reacting);
  if (source === undefined) return `${file}: event ${name}: no file for "${tag}"`;
  if (isLookedAt !== undefined) return source.includes("WorkHandler") ? undefined : `${reacting} does no work at every head (${name})`;
  if (isRead !== undefined) return source.includes(`eventTopic("${name}")`) ? undefined : `${reacting} reads no ${name}`;
  return source.includes(`export const on${name}: Duty<"${name}">`) ? undefined : `${reacting} is not the duty of ${name}`;
};

const taggedEvents = async (): Promise<readonly Event[]> => {
  const folder = "contracts/interfaces";
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sol"));
  const found = files.map(async (file) => {
    const source = await readFile(join(folder, file), "utf8");
    return [...source.matchAll(/((?:^ *\/\/\/.*\n)*)^ *event (\w+)/gm)].map(([, comment = "", name = ""]) => ({
      file,
      name,
      tag: /@custom:duty ([^\n]+)/.exec(comment)?.[1]?.trim(),
    }));
  });
  return (await Promise.all(found)).flat();
};

/** By path; without tests. */
const keeperSources = async (): Promise<ReadonlyMap<string, string>> => {
  const names = (await readdir(KEEPER, { recursive: true })).filter((name) => /(?<![.]test)[.]ts$/.test(name));
  const sources = names.map(async (name) => [`${KEEPER}/${name}`, await readFile(join(KEEPER, name), "utf8")] as const);
  return new Map(await Promise.all(sources));
};
