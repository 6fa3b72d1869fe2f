import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { entriesOf, type SourcePackage } from "./manifest.ts";

/**
 * Compiles what the packages' entries reach, and nothing else, into `out`, laid out as in the repository. One compiler run for all.
 * Throws an Error with the compiler's output.
 */
export const compilePackages = async (
  packages: readonly SourcePackage[],
  { root, configFile, out }: { readonly root: string; readonly configFile: string; readonly out: string },
): Promise<void> => {
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      ...{ rootDir: root, outDir: out, sourceMap: false, types: ["node"], typeRoots: [join(root, "node_modules", "@types")] },
      paths: sourcesByName(packages, root),
    },
    files: packages.flatMap(({ folder, manifest }) => entriesOf(manifest).map((entry) => join(root, "packages", folder, entry))),
  };
  await writeFile(configFile, JSON.stringify(config));
  await runToEnd(process.execPath, [nativeTsc(root), "--singleThreaded", "-p", configFile], root);
};

/**
 * What each entry is imported as, and its source. Without this, packages are found through the links in node_modules, and TypeScript 7.0 then takes
 * now this and now that file for somebody else's, which it does not write.
 */
const sourcesByName = (packages: readonly SourcePackage[], root: string): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    packages.flatMap(({ folder, manifest }) =>
      Object.entries(manifest.exports).flatMap(([entry, source]) =>
        source.endsWith(".ts") ? [[`${manifest.name}${entry.slice(1)}`, [join(root, "packages", folder, source)]]] : [],
      ),
    ),
  );

/** TypeScript 7, for `node`. `tsc` in node_modules/.bin is version 6, whose programming interface other tools need. */
export const nativeTsc = (root: string): string => join(root, "node_modules", "typescript-native", "bin", "tsc");

/** Runs a program and returns its standard output. Throws an Error with everything it wrote when it fails. */
export const runToEnd = (file: string, args: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(stdout) : reject(new Error(`${file} failed:\n${stdout}${stderr}`))));
  });
