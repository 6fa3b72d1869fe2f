import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import type { Figure } from "./figures.ts";

const root = resolve(import.meta.dirname, "../..");

const [CLIENT, ACTIONS] = ["index", "actions"].map((entry) => JSON.stringify(join(root, "packages/client/src", `${entry}.ts`)));

/** Pages, by what they import of the client. */
const PAGES = {
  everything: `export { createClient } from ${CLIENT};`,
  reading: `export { createBareClient } from ${CLIENT}; export { decryptDocument, requestOffChain } from ${ACTIONS};`,
  granting: `export { createBareClient } from ${CLIENT}; export { grant, revoke } from ${ACTIONS};`,
} as const;
const PAGE = "\0page";

/** A page's code, minified, ethers left out. */
const bundle = async (source: string, preserveModules = false): Promise<readonly Rolldown.OutputChunk[]> => {
  const result = await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [{ name: "page", resolveId: (id) => (id === "page" ? PAGE : undefined), load: (id) => (id === PAGE ? source : undefined) }],
    build: {
      write: false,
      target: "es2024",
      modulePreload: false,
      rolldownOptions: {
        input: "page",
        preserveEntrySignatures: "strict",
        external: [/^ethers/],
        output: { minify: true, preserveModules },
      },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  return outputs.flatMap((one) => ("output" in one ? one.output : [])).filter((file) => file.type === "chunk");
};

/** The entry and what it imports: what a page waits for. The rest comes when it is asked for. */
const loadedFirst = (chunks: readonly Rolldown.OutputChunk[]): readonly Rolldown.OutputChunk[] => {
  const found = new Set(chunks.filter(({ isEntry }) => isEntry));
  for (const chunk of found) // a Set's loop also visits what is added on the way
    for (const name of chunk.imports) for (const other of chunks) if (other.fileName === name) found.add(other);
  return [...found];
};

/** The package of ours, or of npm, that a module comes from. */
const packageOf = (module: string): string => {
  const ours = /\/packages\/([^/]+)\/src\//.exec(module)?.[1];
  if (ours !== undefined) return `@keyquorum/${ours}`;
  if (module.includes("/typechain-types/")) return "the contracts' ABIs";
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? "the bundler";
};

const kilobytes = (code: string): number => gzipSync(code, { level: 9 }).length / 1000;
const sum = (chunks: readonly Rolldown.OutputChunk[]): number => chunks.reduce((total, { code }) => total + kilobytes(code), 0);

/** What a page loads, by what it imports, and for all of `createClient` by package. */
export const bundleFigures = async (): Promise<readonly Figure[]> => {
  const chunks = await bundle(PAGES.everything);
  const first = loadedFirst(chunks);
  const later = chunks.filter((chunk) => !first.includes(chunk));
  const modules = new Set(first.flatMap(({ moduleIds }) => moduleIds));
  const byPackage = new Map<string, string>();
  for (const { code, facadeModuleId } of await bundle(PAGES.everything, true))
    if (facadeModuleId !== null && modules.has(facadeModuleId)) {
      const name = packageOf(facadeModuleId);
      byPackage.set(name, (byPackage.get(name) ?? "") + code);
    }
  const small = async (name: string, source: string): Promise<Figure> => ({
    name: `a page that ${name} by single actions, loaded first`,
    value: sum(loadedFirst(await bundle(source))),
    unit: "kB",
    note: "`createBareClient` and the actions",
  });
  return [
    { name: "a page with `createClient`, loaded first", value: sum(first), unit: "kB", target: 93, note: "gzip, without ethers" },
    { name: "loaded when it is first asked for", value: sum(later), unit: "kB", note: "watching, receipts, faults, on-chain reading, ..." },
    await small("reads by HTTP", PAGES.reading),
    await small("grants", PAGES.granting),
    ...[...byPackage]
      .map(([name, code]): Figure => ({ name: `  ${name}`, value: kilobytes(code), unit: "kB", note: "of the first, compressed alone" }))
      .sort((a, b) => b.value - a.value),
  ];
};
