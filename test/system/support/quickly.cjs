// Loaded before everything else in each program that a test starts: half of what a keeper's start takes is finding the files of its modules.
const { join } = require("node:path");

const [major] = process.versions.node.split(".").map(Number);
// A test runs an older Node, which knows neither these hooks nor TypeScript.
if (major >= 24) require("../../../tasks/loadQuickly.ts").loadQuickly(join(__dirname, "..", "..", ".."));
