import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Relative: the compiler takes the paths in a configuration as relative to where it runs. */
const CONFIG = "node_modules/@assemblyscript/wasi-shim/asconfig.json";
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const MODULES = join(ROOT, "node_modules");

/** An example of Blockless's SDK, as it is published. */
export const sdkExample = (name: string): string => join(MODULES, "@blockless/sdk/examples", `${name}.ts`);

/** Compiles AssemblyScript, a file or a text, as Blockless's templates do: with the WASI shim. In a process of its own: the compiler has 90 MB. */
export const compileAssemblyScript = async (source: { readonly file: string } | { readonly text: string }): Promise<Uint8Array> => {
  await mkdir(join(MODULES, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(MODULES, ".cache", "as-")); // inside, so that packages are found from there
  try {
    const entry = "file" in source ? source.file : join(folder, "program.ts");
    if ("text" in source) await writeFile(entry, source.text);
    const out = join(folder, "module.wasm");
    const args = [join(MODULES, "assemblyscript/bin/asc.js"), relative(ROOT, entry), "--config", CONFIG, "--outFile", relative(ROOT, out)];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
