#!/usr/bin/env node
// The binary `keyquorum-runner`. Node runs this file as it is, by type stripping.
import { createRequire, enableCompileCache } from "node:module";
import { join } from "node:path";

// Node opens a debugger at this signal, to whoever may send it, unless somebody listens. `run` also logs it.
process.on("SIGUSR1", () => undefined);
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(`keyquorum-runner needs Node 24.18 or later; this is ${process.version}.`);
  process.exit(1);
}
// Halves the start. The cache is as safe as the modules beside which it is; where it cannot be written, Node continues without it.
enableCompileCache(join(createRequire(import.meta.url).resolve("commander"), "../../.cache/keyquorum-runner"));
const { runProgram } = await import("./program.ts");
await runProgram(process.argv);
