import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type KernelModule, kernelBytes } from "../../packages/threshold/src/kernel/instantiate.ts";
import { compileKernel, hashOfSources, KERNEL_MODULE } from "./compile.ts";

const committed = await readFile(join(import.meta.dirname, "../..", KERNEL_MODULE), "utf8");

const bytes = committed.includes(await hashOfSources()) ? kernelBytes() : await compileKernel();

/** The kernel to test: the committed one, or, where the sources were changed since (a mutant is one that was), what they compile to. */
export const kernelUnderTest: KernelModule = { bytes, hash: createHash("sha256").update(bytes).digest("hex") };
