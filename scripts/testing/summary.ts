import type { JobOutcome } from "./runJobs.ts";
import type { Stage } from "./stages.ts";

/** One line that test/reporter.cjs writes. */
export type TestResult = {
  readonly title: string;
  /** Relative to the repository. */
  readonly file: string;
  readonly state: "passed" | "failed" | "pending";
  readonly milliseconds: number;
  /** Of its process and of that one's children that have ended, since the test before it ended: with the hooks between them. */
  readonly cpuSeconds: number;
};

type StageFigures = { readonly seconds: number; readonly cpuSeconds: number | undefined; readonly passed: boolean };

/** What `--json` writes. */
export type Summary = {
  readonly seed: string;
  readonly passed: boolean;
  readonly lanes: number;
  readonly seconds: number;
  /** Of all processes. Undefined where the system does not tell. */
  readonly cpuSeconds: number | undefined;
  readonly stages: readonly (StageFigures & {
    readonly key: string;
    readonly title: string;
    readonly jobs: readonly (StageFigures & { readonly name: string })[];
  })[];
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly failedJobs: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  readonly slowest: readonly TestResult[];
  /** By processor time, as it is on a busy machine too. */
  readonly heaviest: readonly TestResult[];
  /** Likewise. */
  readonly files: readonly { readonly file: string; readonly tests: number; readonly cpuSeconds: number }[];
};

export type Ended = {
  readonly seed: string;
  readonly lanes: number;
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
  readonly stages: readonly Stage[];
  readonly outcomes: ReadonlyMap<string, JobOutcome>;
  readonly results: readonly TestResult[];
};

const SLOWEST = 10;
const HEAVIEST = 60;

/** Adds up what a run gave. A stage takes from the start of its first job to the end of its last. */
export const summaryOf = ({ seed, lanes, seconds, cpuSeconds, stages, outcomes, results }: Ended): Summary => {
  const rows = stages.map(({ key, title, jobs }) => {
    const ran = jobs.flatMap(({ name }) => outcomes.get(name) ?? []);
    const figures = ran.map((job) => ({
      name: job.name,
      seconds: (job.ended - job.started) / 1000,
      cpuSeconds: job.cpuSeconds,
      passed: job.passed,
    }));
    return {
      key,
      title,
      seconds: ran.length === 0 ? 0 : (Math.max(...ran.map(({ ended }) => ended)) - Math.min(...ran.map(({ started }) => started))) / 1000,
      cpuSeconds: sumOf(ran.map((job) => job.cpuSeconds)),
      passed: ran.length === jobs.length && ran.every(({ passed }) => passed),
      jobs: figures,
    };
  });
  const titlesOf = (state: TestResult["state"]): readonly string[] =>
    results.filter((result) => result.state === state).map(({ title }) => title);
  const failedJobs = stages.flatMap(({ jobs }) => jobs.filter(({ name }) => outcomes.get(name)?.passed !== true).map(({ name }) => name));
  return {
    seed,
    passed: failedJobs.length === 0,
    lanes,
    seconds,
    cpuSeconds,
    stages: rows,
    tests: {
      passed: titlesOf("passed").length,
      failed: Math.max(titlesOf("failed").length, failedJobs.length),
      skipped: titlesOf("pending").length,
    },
    failedJobs,
    failed: titlesOf("failed"),
    skipped: titlesOf("pending"),
    slowest: [...results].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, SLOWEST),
    heaviest: [...results].sort((a, b) => b.cpuSeconds - a.cpuSeconds).slice(0, HEAVIEST),
    files: filesOf(results),
  };
};

const filesOf = (results: readonly TestResult[]): Summary["files"] =>
  [...Map.groupBy(results, ({ file }) => file)]
    .map(([file, of]) => ({ file, tests: of.length, cpuSeconds: of.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) }))
    .sort((a, b) => b.cpuSeconds - a.cpuSeconds);

const sumOf = (numbers: readonly (number | undefined)[]): number | undefined =>
  numbers.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);

const inColumn = (seconds: number | undefined): string => (seconds === undefined ? "-" : `${seconds.toFixed(1)} s`).padStart(10);

/** What `npm test` prints at its end. `howToRepeat` is said where something failed. */
export const describeSummary = (summary: Summary, howToRepeat: string): string => {
  const widest = Math.max(...summary.stages.map(({ title }) => title.length), "in all".length);
  const row = (title: string, seconds: number, cpuSeconds: number | undefined, note: string): string =>
    `  ${title.padEnd(widest)}${inColumn(seconds)}${inColumn(cpuSeconds)}${note}`;
  const { tests, skipped, failed, failedJobs, slowest } = summary;
  return [
    `  ${"".padEnd(widest)}${"time".padStart(10)}${"processor".padStart(10)}`,
    ...summary.stages.map(({ title, seconds, cpuSeconds, passed }) => row(title, seconds, cpuSeconds, passed ? "" : "   FAILED")),
    row("in all", summary.seconds, summary.cpuSeconds, `   ${summary.lanes} at a time`),
    "",
    ...(slowest.length === 0 ? [] : ["The ten slowest tests:"]),
    ...slowest.map(({ title, milliseconds }) => `  ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${title}`),
    ...skipped.map((title) => `SKIPPED: ${title}`),
    ...failed.map((title) => `FAILED: ${title}`),
    ...(failedJobs.length === 0 ? [] : ["", `Failed: ${failedJobs.join(", ")}. ${howToRepeat}`]),
    "",
    `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`,
  ].join("\n");
};
