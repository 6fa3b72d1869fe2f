// Mocha's spec reporter, which also writes each result to the file that scripts/test.ts reads.
const { appendFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.KEYQUORUM_TEST_RESULTS;
    if (!file) return;
    const record = (state) => (test) =>
      appendFileSync(file, `${JSON.stringify({ title: test.fullTitle(), state, milliseconds: test.duration ?? 0 })}\n`);
    runner.on("pass", record("passed")).on("fail", record("failed")).on("pending", record("pending"));
  }
};
