import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";

const root = join(import.meta.dirname, "../..");
const ASSEMBLY = "packages/threshold/assembly";

/** The file that holds the built module. */
export const KERNEL_MODULE = "packages/threshold/src/kernel/wasm.ts";

/**
 * Compiles packages/threshold/assembly: the same bytes on every machine. Tests that plant a fault pass `edit`, which gets each file's name and text.
 * Throws an Error with the compiler's words.
 */
export const compileKernel = async (edit = (_file: string, text: string): string => text): Promise<Uint8Array> => {
  const { default: asc } = await import("assemblyscript/asc"); // 90 MB: only where something is compiled
  const written = new Map<string, Uint8Array>();
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(
    [`${ASSEMBLY}/index.ts`, "--config", `${ASSEMBLY}/asconfig.json`, "--baseDir", root, "--outFile", "kernel.wasm", "--noColors"],
    {
      stderr,
      readFile: async (name, directory) => {
        const text = await readFile(join(directory, name), "utf8").catch(() => null);
        return text === null ? null : edit(basename(name), text);
      },
      writeFile: (name, contents) => {
        if (contents instanceof Uint8Array) written.set(name, contents);
      },
    },
  );
  const bytes = written.get("kernel.wasm");
  if (error !== null || bytes === undefined) throw new Error(`The kernel does not compile: ${error?.message}\n${stderr.toString()}`);
  return bytes;
};

/** sha256 of the sources, names and texts: by it tests see that they were changed and not built. */
export const hashOfSources = async (): Promise<string> => {
  const files = (await readdir(join(root, ASSEMBLY))).sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\n`).update(await readFile(join(root, ASSEMBLY, file)));
  return hash.digest("hex");
};

/** The text of KERNEL_MODULE: bundlers, pages under a strict Content-Security-Policy and Node read it without a file or a request. */
export const kernelModule = async (
  bytes: Uint8Array,
): Promise<string> => `// Built from ${ASSEMBLY} by \`npm run build:kernel\`; \`npm run check\` proves it fresh.
// Sources: sha256 ${await hashOfSources()}
/** sha256 of the module: an engine that refuses other bytes says nothing of the engine. */
export const KERNEL_HASH = "${createHash("sha256").update(bytes).digest("hex")}";

/** The kernel's WebAssembly module, in hexadecimal, which compresses better than base64. */
export const KERNEL_WASM =
  "${Buffer.from(bytes).toString("hex")}";
`;
