// `npm test`: everything that CI runs, in order; then the ten slowest tests and one line with the count. All stages have one seed.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { howToRepeat, SEED } from "../test/random/seed.ts"; // sets KEYQUORUM_SEED for all stages

type Result = { readonly title: string; readonly state: "passed" | "failed" | "pending"; readonly milliseconds: number };

type Stage = readonly [name: string, command: string, ...args: string[]];

/** In order; the stages of one line run side by side. */
const stages: readonly (readonly Stage[])[] = [
  [["static checks", process.execPath, "scripts/check.ts"]],
  [
    ["unit and property tests", "mocha"],
    ["contract tests", "hardhat", "test", "mocha", "--no-compile"],
    ["invariants of the contracts", "hardhat", "test", "solidity", "--no-compile"],
  ],
  [["system tests", "mocha", "--config", "test/system/.mocharc.json"]],
];

const folder = mkdtempSync(join(tmpdir(), "keyquorum-test-"));
const results = join(folder, "results.jsonl");
const failedStages: string[] = [];

/** Runs a stage. Alone it prints as it goes; beside others its output comes when it is over. */
const runStage = ([name, command, ...args]: Stage, isAlone: boolean): Promise<void> =>
  new Promise((resolve) => {
    const started = Date.now();
    if (isAlone) console.log(`\n=== ${name} ===`);
    const child = spawn(command, args, {
      stdio: isAlone ? "inherit" : ["ignore", "pipe", "pipe"],
      env: { ...process.env, KEYQUORUM_TEST_RESULTS: results, ...(isAlone ? {} : { FORCE_COLOR: process.stdout.isTTY ? "1" : "0" }) },
    });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => output.push(data));
    child.on("error", (error) => output.push(Buffer.from(error.message)));
    child.on("close", (code) => {
      if (!isAlone) console.log(`\n=== ${name} ===\n${Buffer.concat(output).toString().trim()}`);
      console.log(`=== ${name}: ${code === 0 ? "passed" : "FAILED"} in ${((Date.now() - started) / 1000).toFixed(1)} s ===`);
      if (code !== 0) failedStages.push(name);
      resolve();
    });
  });

console.log(`Seed of all random choices: KEYQUORUM_SEED=${SEED}`);
for (const group of stages) {
  if (group.length > 1) console.log(`\n${group.map(([name]) => name).join(" and ")}, side by side (about three minutes) ...`);
  await Promise.all(group.map((stage) => runStage(stage, group.length === 1)));
  if (failedStages.includes("static checks")) break;
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
for (const { title } of tests.filter((test) => test.state === "failed")) console.log(`FAILED: ${title}`);
if (failedStages.length > 0) console.log(`\nFailed: ${failedStages.join(", ")}. ${howToRepeat()}`);
console.log(`\n${count("passed")} passed, ${Math.max(count("failed"), failedStages.length)} failed, ${skipped.length} skipped`);
process.exit(failedStages.length === 0 ? 0 : 1);
