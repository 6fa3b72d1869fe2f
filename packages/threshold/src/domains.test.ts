import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "chai";
import { DOMAINS } from "./domains.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const filesUnder = (folder: string, isMeant: (path: string) => boolean): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => isMeant(path) && statSync(join(root, path)).isFile());

/** Sources that make bytes which leave the process: no tests, no figures, no models of liars. */
const sources = readdirSync(join(root, "packages")).flatMap((name) =>
  filesUnder(join("packages", name, "src"), (path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.includes("/testing/")),
);
const contracts = filesUnder("contracts", (path) => path.endsWith(".sol") && !path.includes("mocks"));

type Use = { readonly file: string; readonly preimage: string };

/** Every list of arguments that begins with a tag: the tag's name, and the last word of each part behind it. */
const usesIn = (files: readonly string[], prefix: string): ReadonlyMap<string, readonly Use[]> => {
  const uses = new Map<string, Use[]>();
  for (const file of files) {
    const text = readFileSync(join(root, file), "utf8");
    for (const { 1: name = "", index } of text.matchAll(new RegExp(`\\b${prefix}\\.(?!sol)(\\w+)`, "g"))) {
      const parts = argumentsFrom(text.slice(index)).map((part) => part.match(/(\w+)\W*$/)?.[1] ?? part);
      uses.set(name, [...(uses.get(name) ?? []), { file: relative(root, join(root, file)), preimage: parts.join(",") }]);
    }
  }
  return uses;
};

/** What stands between here and the bracket that closes the list, split at its commas. */
const argumentsFrom = (text: string): string[] => {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    if (depth < 0) break;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.slice(1).map((part) => part.trim());
};

const constantOf = (name: string): string => name.replace(/[A-Z]/g, "_$&").toUpperCase();

describe("domain tags", () => {
  it("no two are the same, not in their first four bytes", () => {
    const tags = Object.values(DOMAINS).map((tag) => Buffer.from(tag.slice(0, 4)).toString("hex"));
    expect(new Set(tags).size).to.equal(tags.length);
  });

  it("attack 27: each begins one kind of preimage in TypeScript", () => {
    const uses = usesIn(sources, "DOMAINS");
    expect([...uses.keys()].filter((name) => !(name in DOMAINS))).to.deep.equal([]);
    const many = [...uses].filter(([, found]) => found.length > 1).map(([name, found]) => `${name}: ${found.map(({ file }) => file)}`);
    expect(many, "one tag, one use (D59)").to.deep.equal([]);
  });

  it("attack 27: each begins one kind of preimage in Solidity", () => {
    const uses = usesIn(contracts, "Domains");
    const many = [...uses].filter(([, found]) => new Set(found.map(({ preimage }) => preimage)).size > 1);
    expect(many, "one tag, one use (D59)").to.deep.equal([]);
    const twice = usesIn([...contracts, ...contracts], "Domains").get("REQUEST");
    expect(twice?.length, "the control: a tag that is used in two places is seen twice").to.equal(2);
    expect(uses.get("REQUEST")?.length, "the control: requests of both contracts are named in one place").to.equal(1);
  });

  it("each is used, by a contract or in TypeScript", () => {
    const [typescript, solidity] = [usesIn(sources, "DOMAINS"), usesIn(contracts, "Domains")];
    const idle = Object.keys(DOMAINS).filter((name) => !typescript.has(name) && !solidity.has(constantOf(name)));
    expect(idle).to.deep.equal([]);
  });
});
