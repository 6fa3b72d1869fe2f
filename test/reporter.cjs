// Mocha's spec reporter, which also says which seed repeats a failure, and writes each result to the file that scripts/test.ts reads.
const { appendFileSync } = require("node:fs");
const { join, relative } = require("node:path");
const { reporters } = require("mocha");
const { howToRepeat } = require("./random/seed.ts");
const { cpuSecondsOf } = require("../scripts/testing/cpuSeconds.ts");

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    // Also at once: a run that is stopped never comes to its summary.
    runner.on("fail", (_test, error) => console.log(`      ${String(error?.message ?? error).split("\n")[0]}`));
    const file = process.env.KEYQUORUM_TEST_RESULTS;
    if (!file) return;
    const root = join(__dirname, "..");
    // Of this process and of its children that have ended, since the test before ended: hooks count for the test behind them.
    const cpuSeconds = () => cpuSecondsOf("self") ?? 0;
    let counted = cpuSeconds();
    const record = (state) => (test) => {
      const since = counted;
      counted = cpuSeconds();
      const result = {
        title: test.fullTitle(),
        file: relative(root, test.file ?? root),
        state,
        milliseconds: test.duration ?? 0,
        cpuSeconds: Math.round((counted - since) * 100) / 100,
      };
      appendFileSync(file, `${JSON.stringify(result)}\n`); // several processes append to it
    };
    runner.on("pass", record("passed")).on("fail", record("failed")).on("pending", record("pending"));
  }

  epilogue() {
    super.epilogue();
    if (this.stats.failures > 0) console.log(`  ${howToRepeat()}\n`);
  }
};
