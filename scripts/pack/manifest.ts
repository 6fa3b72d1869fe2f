import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The parts of a package.json that packing reads. `exports` and `bin` lead to TypeScript sources: `./src/x.ts`. */
export type SourceManifest = {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Folders that go into the tarball as they are. */
  readonly files?: readonly string[];
  readonly [field: string]: unknown;
};

/** A package of `packages/`, before it is compiled. `folder` is its name there. */
export type SourcePackage = { readonly folder: string; readonly manifest: SourceManifest };

/** Every package of `packages/`, by folder name. */
export const readPackages = async (root: string): Promise<readonly SourcePackage[]> => {
  const folders = (await readdir(join(root, "packages"))).sort();
  return Promise.all(
    folders.map(async (folder) => ({
      folder,
      manifest: JSON.parse(await readFile(join(root, "packages", folder, "package.json"), "utf8")) as SourceManifest,
    })),
  );
};

/** The sources at which a package is entered, relative to its folder. */
export const entriesOf = ({ exports, bin = {} }: SourceManifest): readonly string[] => [
  ...new Set([...Object.values(exports), ...Object.values(bin)]),
];

/**
 * The manifest of the tarball: `exports` and `bin` lead to what was compiled, tools for development are left out.
 * @param compiledAt where `./src/x.ts` of this package was compiled to, without its ending: `./dist/x`
 */
export const packedManifest = (manifest: SourceManifest, compiledAt: (source: string) => string): Readonly<Record<string, unknown>> => {
  const { devDependencies: _, scripts: __, exports, bin, files = [], ...kept } = manifest;
  return {
    ...kept,
    exports: {
      ...mapValues(exports, (source) => ({ types: `${compiledAt(source)}.d.ts`, default: `${compiledAt(source)}.js` })),
      "./package.json": "./package.json",
    },
    ...(bin === undefined ? {} : { bin: mapValues(bin, (source) => `${compiledAt(source)}.js`) }),
    files: ["dist", ...files],
  };
};

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
