import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const INCLUDE = fileURLToPath(new URL("../../guest/include", import.meta.url));

/** Where Debian's wasi-libc puts its header, and where others do. */
const HEADERS = ["/usr/include/wasm32-wasi/stdio.h", "/usr/share/wasi-sysroot/include/stdio.h"];

/** What this machine lacks to compile C for WASI; undefined when it has all. */
export const missingForC = async (): Promise<string | undefined> => {
  for (const program of ["clang", "wasm-ld"]) if (!(await isThere(program))) return program;
  return HEADERS.some(existsSync) ? undefined : "wasi-libc";
};

const isThere = (program: string): Promise<boolean> =>
  run(program, ["--version"]).then(
    () => true,
    () => false,
  );

/** Compiles a program of one file with the header of `guest/include`. Warnings are errors. */
export const compileC = async (file: string): Promise<Uint8Array> => {
  const folder = await mkdtemp(join(tmpdir(), "keyquorum-c-"));
  try {
    const out = join(folder, "module.wasm");
    const sysroot = existsSync("/usr/share/wasi-sysroot") ? ["--sysroot=/usr/share/wasi-sysroot"] : [];
    await run("clang", ["--target=wasm32-wasi", ...sysroot, "-O2", "-Wall", "-Wextra", "-Werror", `-I${INCLUDE}`, "-o", out, file]);
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
