import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compilePackages, runToEnd } from "./compile.ts";
import { packedManifest, readPackages, type SourcePackage } from "./manifest.ts";

/** A tarball as npm would publish it. */
export type Tarball = {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly bytes: number;
  readonly files: number;
  readonly integrity: string;
};

const root = resolve(import.meta.dirname, "../..");

/**
 * Compiles the packages and packs them into `out`. The same sources give the same bytes; the working tree is not touched.
 * Needs the contracts compiled. Throws an Error with the output of the tool that failed, or that names an unknown package.
 * @param only folder names; default: all
 */
export const packPackages = async ({
  out,
  only,
  onStep = () => {},
}: {
  readonly out: string;
  readonly only?: readonly string[];
  readonly onStep?: (text: string) => void;
}): Promise<readonly Tarball[]> => {
  const all = await readPackages(root);
  const unknown = only?.find((folder) => !all.some((known) => known.folder === folder));
  if (unknown !== undefined) throw new Error(`There is no packages/${unknown}: ${all.map(({ folder }) => folder).join(", ")}.`);
  const packages = all.filter(({ folder }) => only === undefined || only.includes(folder));

  const work = await mkdtemp(join(tmpdir(), "keyquorum-pack-"));
  try {
    // All of them, always: how the compiler writes a type may depend on what else it has seen.
    onStep(`compiling ${all.length} packages`);
    const compiled = join(work, "compiled");
    await compilePackages(all, { root, configFile: join(work, "tsconfig.json"), out: compiled });
    const staged = await Promise.all(packages.map((source) => stage(source, { compiled, work })));
    await mkdir(out, { recursive: true });
    onStep(`packing into ${out}`);
    const output = await runToEnd(
      "npm",
      ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", resolve(out), ...staged],
      work,
    );
    return tarballsOf(JSON.parse(output), resolve(out));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** Lays a package out as its tarball will be. Returns the folder. */
const stage = async (
  { folder, manifest }: SourcePackage,
  { compiled, work }: { readonly compiled: string; readonly work: string },
): Promise<string> => {
  const target = join(work, "staged", folder);
  // bindings reaches out of its folder, to the generated types: its dist keeps the layout of the repository.
  const isAlone = folder !== "bindings";
  const dist = join(target, "dist");
  if (isAlone) await cp(join(compiled, "packages", folder, "src"), dist, { recursive: true });
  else {
    await cp(join(compiled, "packages", folder), join(dist, "packages", folder), { recursive: true });
    await cp(join(compiled, "typechain-types"), join(dist, "typechain-types"), { recursive: true });
  }
  const compiledAt = (source: string): string =>
    isAlone ? source.replace(/^\.\/src\/(.*)\.ts$/, "./dist/$1") : source.replace(/^\.\/(.*)\.ts$/, `./dist/packages/${folder}/$1`);
  await writeFile(join(target, "package.json"), `${JSON.stringify(packedManifest(manifest, compiledAt), null, 2)}\n`);
  for (const extra of manifest.files ?? []) await cp(join(root, "packages", folder, extra), join(target, extra), { recursive: true });
  await cp(join(root, "packages", folder, "README.md"), join(target, "README.md"));
  await cp(join(root, "LICENSE"), join(target, "LICENSE"));
  return target;
};

type Packed = {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly size: number;
  readonly entryCount: number;
  readonly integrity: string;
};

/** npm 10 prints a list, npm 11 a record by name. */
const tarballsOf = (output: readonly Packed[] | Readonly<Record<string, Packed>>, out: string): readonly Tarball[] =>
  Object.values(output).map(({ name, version, filename, size, entryCount, integrity }) => ({
    name,
    version,
    file: join(out, filename),
    bytes: size,
    files: entryCount,
    integrity,
  }));
