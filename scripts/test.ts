// `npm test`: everything that CI runs, in order; then the ten slowest tests and one line with the count.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Result = { readonly title: string; readonly state: "passed" | "failed" | "pending"; readonly milliseconds: number };

const stages: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["static checks", process.execPath, "scripts/check.ts"],
  ["unit and property tests", "mocha"],
  ["contract tests", "hardhat", "test", "mocha", "--no-compile"],
  ["system tests", "mocha", "--config", "test/system/.mocharc.json"],
];

const folder = mkdtempSync(join(tmpdir(), "keyquorum-test-"));
const results = join(folder, "results.jsonl");
const failedStages: string[] = [];
for (const [name, command, ...args] of stages) {
  const started = Date.now();
  console.log(`\n=== ${name} ===`);
  const { status } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, KEYQUORUM_TEST_RESULTS: results } });
  console.log(`=== ${name}: ${status === 0 ? "passed" : "FAILED"} in ${((Date.now() - started) / 1000).toFixed(1)} s ===`);
  if (status !== 0) failedStages.push(name);
  if (status !== 0 && name === "static checks") break;
}

const tests: readonly Result[] = (() => {
  try {
    return readFileSync(results, "utf8")
      .trim()
      .split("\n")
      .map((line): Result => JSON.parse(line));
  } catch {
    return [];
  }
})();
rmSync(folder, { recursive: true, force: true });

console.log("\nThe ten slowest tests:");
for (const { title, milliseconds } of [...tests].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, 10))
  console.log(`  ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${title}`);
const count = (state: Result["state"]): number => tests.filter((test) => test.state === state).length;
const skipped = tests.filter((test) => test.state === "pending");
for (const { title } of skipped) console.log(`SKIPPED: ${title}`);
if (failedStages.length > 0) console.log(`\nFailed: ${failedStages.join(", ")}`);
console.log(`\n${count("passed")} passed, ${Math.max(count("failed"), failedStages.length)} failed, ${skipped.length} skipped`);
process.exit(failedStages.length === 0 ? 0 : 1);
