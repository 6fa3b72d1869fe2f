#!/usr/bin/env node
// The binary `keyquorum-signing-agent`. Node runs this file as it is, by type stripping.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(`keyquorum-signing-agent needs Node 24.18 or later; this is ${process.version}.`);
  process.exit(1);
}
const { createAgentProgram } = await import("../agent/agentProgram.ts");
await createAgentProgram().parseAsync(process.argv);
