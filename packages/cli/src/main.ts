#!/usr/bin/env node
// The binary `keyquorum-keeper`. Node runs this file as it is, by type stripping.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(`keyquorum-keeper needs Node 24.18 or later; this is ${process.version}.`);
  process.exit(1);
}
const { runProgram } = await import("./program.ts");
await runProgram(process.argv);

export {};
