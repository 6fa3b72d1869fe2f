import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { kernelBytes } from "../../packages/threshold/src/kernel/instantiate.ts";
import { compileKernel, hashOfSources, KERNEL_MODULE } from "./compile.ts";

const committed = await readFile(join(import.meta.dirname, "../..", KERNEL_MODULE), "utf8");

/** The bytes to test: the committed ones, or, where the sources were changed since (a mutant is one that was), what they compile to. */
export const bytesUnderTest: Uint8Array = committed.includes(await hashOfSources()) ? kernelBytes() : await compileKernel();
