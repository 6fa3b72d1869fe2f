import type { Manifest } from "./manifest.ts";
import { manifestFault, parseToml } from "./parseManifest.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields that say something here, in the order in which they win. Of `bls.toml` those of its tables, of `manifest.json` those of the file. */
const ENTRY = ["entry", "build_release.entry", "build.entry"];
const PERMISSIONS = ["permissions", "deployment.permissions"];
const MEMORY = ["limited_memory", "deployment.limited_memory"];
const FUEL = ["limited_fuel", "deployment.limited_fuel"];
/** The folder that an entry of `bls.toml` is in. */
const FOLDERS: Readonly<Record<string, string>> = { "build_release.entry": "build_release.dir", "build.entry": "build.dir" };

/**
 * What a `bls.toml` says of a run. Every field that says nothing here is in `notUsed`. Secrets are not in it: they come from a `keyquorum.toml`, or from
 * options. Throws INVALID_MANIFEST.
 */
export const parseBlsToml = (text: string): Manifest => manifestOf(flatten(parseToml(text)));

/** The same of a build's `manifest.json`. */
export const parseBlocklessManifest = (text: string): Manifest => {
  try {
    return manifestOf(flatten(JSON.parse(text)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw manifestFault("The manifest", "is no JSON");
  }
};

/** Tables become dotted names; lists stay. */
const flatten = (value: unknown, prefix = ""): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw manifestFault(prefix || "The manifest", "must be an object");
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]: [string, unknown]) => {
      const full = prefix === "" ? name : `${prefix}.${name}`;
      const isTable = typeof one === "object" && one !== null && !Array.isArray(one) && !(one instanceof Date);
      return isTable ? Object.entries(flatten(one, full)) : [[full, one]];
    }),
  );
};

const manifestOf = (fields: Fields): Manifest => {
  const entry = firstOf(fields, ENTRY);
  const memory = firstOf(fields, MEMORY);
  const fuel = firstOf(fields, FUEL);
  const permissions = firstOf(fields, PERMISSIONS) ?? { name: "permissions", value: [] };
  if (entry !== undefined && (typeof entry.value !== "string" || entry.value === ""))
    throw manifestFault(entry.name, "must be a file's name");
  if (!Array.isArray(permissions.value) || !permissions.value.every((one) => typeof one === "string"))
    throw manifestFault(permissions.name, "must be a list of URL prefixes");
  const folder = entry === undefined ? undefined : firstOf(fields, [FOLDERS[entry.name] ?? ""]);
  const used = [entry, folder, memory, fuel, permissions].map((found) => found?.name);
  return {
    module: entry === undefined ? {} : { file: [...(folder === undefined ? [] : [textOf(folder)]), textOf(entry)].join("/") },
    ...{ secrets: [], args: [], permissions: permissions.value as string[] },
    limits: {
      ...(memory === undefined ? {} : { memoryPages: countOf(memory) }),
      ...(fuel === undefined ? {} : { fuel: countOf(fuel) }),
    },
    notUsed: Object.keys(fields).filter((name) => !used.includes(name)),
  };
};

type Found = { readonly name: string; readonly value: unknown };

const firstOf = (fields: Fields, names: readonly string[]): Found | undefined => {
  const name = names.find((one) => fields[one] !== undefined);
  return name === undefined ? undefined : { name, value: fields[name] };
};

const textOf = ({ name, value }: Found): string => {
  if (typeof value === "string" && value !== "") return value;
  throw manifestFault(name, "must be the name of a file or folder");
};

/** TOML's whole numbers are bigints where they are large. */
const countOf = ({ name, value }: Found): number => {
  const count = typeof value === "bigint" ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count > 0) return count;
  throw manifestFault(name, "must be a positive whole number");
};
