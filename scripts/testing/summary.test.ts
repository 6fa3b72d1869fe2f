import { expect } from "chai";
import type { JobOutcome } from "./runJobs.ts";
import type { Stage } from "./stages.ts";
import { describeSummary, type Ended, summaryOf, type TestResult } from "./summary.ts";

const stage = (key: string, ...names: readonly string[]): Stage => ({
  key,
  title: `${key} tests`,
  jobs: names.map((name) => ({ name, command: "", args: [] })),
});
const outcome = (name: string, started: number, ended: number, rest: Partial<JobOutcome> = {}): [string, JobOutcome] => [
  name,
  { name, passed: true, started, ended, cpuSeconds: 2, output: "", ...rest },
];
const result = (title: string, state: TestResult["state"], milliseconds = 0, rest: Partial<TestResult> = {}): TestResult => ({
  title,
  file: "a.test.ts",
  state,
  milliseconds,
  cpuSeconds: 0,
  ...rest,
});

const ended = (changes: Partial<Ended> = {}): Ended => ({
  seed: "acorn",
  lanes: 2,
  seconds: 12,
  cpuSeconds: 20,
  stages: [stage("unit", "unit 1", "unit 2"), stage("system", "system")],
  outcomes: new Map([outcome("unit 1", 1_000, 4_000), outcome("unit 2", 2_000, 6_000), outcome("system", 6_000, 13_000)]),
  results: [result("quick", "passed", 10), result("slow", "passed", 2_000)],
  ...changes,
});

describe("what npm test says at its end", () => {
  it("has for each stage the time from its first process to its last, and what all of them used", () => {
    const { stages, seconds, cpuSeconds, passed, failedJobs } = summaryOf(ended());
    expect(stages.map((row) => [row.key, row.seconds, row.cpuSeconds, row.passed])).to.deep.equal([
      ["unit", 5, 4, true],
      ["system", 7, 2, true],
    ]);
    expect(stages[0]?.jobs.map((job) => job.seconds)).to.deep.equal([3, 4]);
    expect([seconds, cpuSeconds, passed, failedJobs]).to.deep.equal([12, 20, true, []]);
  });

  it("has a row for each stage and one for all", () => {
    const lines = describeSummary(summaryOf(ended()), "").split("\n");
    expect(lines[1]).to.match(/unit tests +5[.]0 s +4[.]0 s$/);
    expect(lines[3]).to.match(/in all +12[.]0 s +20[.]0 s/);
    expect(lines.at(-1)).to.equal("2 passed, 0 failed, 0 skipped");
  });

  it("says so where the system does not tell what was used", () => {
    const outcomes = new Map([outcome("unit 1", 0, 1, { cpuSeconds: undefined })]);
    const summary = summaryOf(ended({ stages: [stage("unit", "unit 1")], outcomes, cpuSeconds: undefined }));
    expect(summary.stages[0]?.cpuSeconds).to.equal(undefined);
    expect(describeSummary(summary, "").split("\n")[1]).to.match(/ -$/);
  });

  it("has the ten slowest tests, and every skipped one", () => {
    const results = [...Array.from({ length: 30 }, (_, i) => result(`test ${i}`, "passed", i)), result("no Chromium", "pending")];
    const summary = summaryOf(ended({ results }));
    expect(summary.slowest.map(({ title }) => title)).to.deep.equal(Array.from({ length: 10 }, (_, i) => `test ${29 - i}`));
    expect(summary.tests).to.deep.equal({ passed: 30, failed: 0, skipped: 1 });
    expect(describeSummary(summary, "")).to.include("SKIPPED: no Chromium");
  });

  it("says which tests and which files need the processor most", () => {
    const results = [
      result("waits", "passed", 9_000, { cpuSeconds: 0.5 }),
      result("computes", "passed", 100, { cpuSeconds: 3, file: "b.test.ts" }),
      result("waits again", "passed", 9_000, { cpuSeconds: 0.25 }),
    ];
    const summary = summaryOf(ended({ results }));
    expect(summary.heaviest.map(({ title }) => title)).to.deep.equal(["computes", "waits", "waits again"]);
    expect(summary.files).to.deep.equal([
      { file: "b.test.ts", tests: 1, cpuSeconds: 3 },
      { file: "a.test.ts", tests: 2, cpuSeconds: 0.75 },
    ]);
  });

  it("fails for a failed test, and says what failed and how to repeat it", () => {
    const outcomes = new Map([...ended().outcomes, outcome("unit 2", 0, 1, { passed: false })]);
    const summary = summaryOf(ended({ outcomes, results: [result("a test", "failed")] }));
    expect([summary.passed, summary.failedJobs, summary.stages[0]?.passed]).to.deep.equal([false, ["unit 2"], false]);
    const text = describeSummary(summary, "KEYQUORUM_SEED=acorn repeats them.");
    for (const part of ["FAILED: a test", "Failed: unit 2. KEYQUORUM_SEED=acorn repeats them.", "0 passed, 1 failed"])
      expect(text).to.include(part);
    expect(text.split("\n")[1]).to.match(/FAILED$/);
  });

  it("fails for a process that failed without a failed test, or never ran", () => {
    const outcomes = new Map([...ended().outcomes].filter(([name]) => name !== "system"));
    const summary = summaryOf(ended({ outcomes }));
    expect([summary.passed, summary.failedJobs, summary.tests.failed]).to.deep.equal([false, ["system"], 1]);
  });
});
