#!/usr/bin/env node
// The binary `keyquorum-parity`. Node runs this file as it is, by type stripping.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(`keyquorum-parity needs Node 24.18 or later; this is ${process.version}.`);
  process.exit(1);
}
const { createParityProgram } = await import("../moving/parityProgram.ts");
await createParityProgram().parseAsync(process.argv);
