// `npm test`: everything that CI runs, two processes at a time; then what each stage took, the ten slowest tests and one line with the count.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { howToRepeat, SEED } from "../test/random/seed.ts"; // sets KEYQUORUM_SEED for all stages
import { cpuSecondsOfChildren } from "./testing/cpuSeconds.ts";
import { makeMemoryFolder } from "./testing/memoryFolder.ts";
import { runJobs } from "./testing/runJobs.ts";
import { STAGES, type Stage, stagesOf } from "./testing/stages.ts";
import { describeSummary, summaryOf, type TestResult } from "./testing/summary.ts";

const HELP = `npm test -- [--only STAGES] [--lanes N] [--json FILE]

Runs all static checks and all tests. A failure does not stop the rest. Ctrl-C stops everything that was started.

--only STAGES  some stages, with commas between them: ${STAGES.map(({ key }) => key).join(", ")}
--lanes N      how many processes run at a time; 2, or 1 on a machine with one core. From 2 on, one more of the system tests, where memory allows
--json FILE    also write the figures to FILE

KEYQUORUM_SEED repeats the random choices of a run. Other commands run one file or take longer: docs/TESTING.md.`;

/** How long stages have to stop their own processes after a signal. */
const STOP_MILLISECONDS = 20_000;

const usage = (error: unknown): never => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  process.exit(2);
};

const optionsOf = (): { readonly stages: readonly Stage[]; readonly lanes: number; readonly json: string | undefined } => {
  try {
    const { values } = parseArgs({
      options: { only: { type: "string" }, lanes: { type: "string" }, json: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    const lanes = values.lanes === undefined ? Math.min(2, availableParallelism()) : Number(values.lanes);
    if (!Number.isSafeInteger(lanes) || lanes < 1) throw new Error("--lanes must be a whole number, 1 or more.");
    return { stages: stagesOf(values.only?.split(",")), lanes, json: values.json };
  } catch (error) {
    return usage(error);
  }
};

const { stages, lanes, json } = optionsOf();
const root = join(import.meta.dirname, "..");
// Who names a folder for temporary files means it.
const memoryFolder = process.env.TMPDIR === undefined ? makeMemoryFolder() : undefined;
const folder = memoryFolder ?? mkdtempSync(join(tmpdir(), "keyquorum-test-"));
const resultsFile = join(folder, "results.jsonl");
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const readResults = (): readonly TestResult[] => {
  try {
    return readFileSync(resultsFile, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line): TestResult => JSON.parse(line));
  } catch {
    return []; // no test has ended
  }
};

console.log(`Seed of all random choices: KEYQUORUM_SEED=${SEED}`);
const started = Date.now();
const jobs = stages.flatMap((stage) => stage.jobs);
const isSingle = stages.length <= 2 && stages.at(-1)?.jobs.length === 1; // with the compilation
const run = runJobs(stages, {
  lanes,
  cwd: root,
  environment: {
    ...process.env,
    ...(memoryFolder === undefined ? {} : { TMPDIR: memoryFolder }),
    KEYQUORUM_TEST_RESULTS: resultsFile,
    // Halves the start of every process that a test starts. Node checks each entry against its source.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "compiled"),
    ...(isSingle ? {} : { FORCE_COLOR: process.stdout.isTTY ? "1" : "0" }),
  },
  isLive: () => isSingle,
  onStart: ({ name }) => console.log(`--- ${name} ...`),
  onEnd: ({ name }, { passed, started: from, ended, cpuSeconds, output }) => {
    if (output !== "") console.log(`\n=== ${name} ===\n${output}`);
    const cpu = cpuSeconds === undefined ? "" : `, ${cpuSeconds.toFixed(1)} s of processor time`;
    console.log(`=== ${name}: ${passed ? "passed" : "FAILED"} in ${((ended - from) / 1000).toFixed(1)} s${cpu} ===\n`);
  },
});

let interrupted: NodeJS.Signals | undefined;
const interrupt = (signal: NodeJS.Signals): void => {
  const running = run.stop(interrupted === undefined ? "SIGINT" : "SIGKILL");
  if (interrupted === undefined) {
    console.log(`\n${signal}: stopping ${running.join(", ") || "nothing"} ...`);
    setTimeout(() => run.stop("SIGKILL"), STOP_MILLISECONDS).unref();
  }
  interrupted = signal;
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);

// A failure is worth knowing before its stage is over.
let told = 0;
const tellFailures = (): void => {
  const failed = readResults().filter(({ state }) => state === "failed");
  for (const { title, file } of failed.slice(told)) console.log(`FAILED: ${title} (${file})`);
  told = failed.length;
};
const teller = isSingle ? undefined : setInterval(tellFailures, 5_000);
const outcomes = await run.outcomes;
clearInterval(teller);

if (interrupted !== undefined) {
  const over = jobs.filter(({ name }) => outcomes.get(name)?.passed === true).length;
  console.log(`\nStopped by ${interrupted} after ${over} of ${jobs.length} parts had passed. All processes of the stages have ended.`);
  process.exit(130);
}
const summary = summaryOf({
  seed: SEED,
  lanes,
  seconds: (Date.now() - started) / 1000,
  cpuSeconds: cpuSecondsOfChildren(),
  stages,
  outcomes,
  results: readResults(),
});
if (json !== undefined) writeFileSync(json, `${JSON.stringify(summary, undefined, 2)}\n`);
console.log(describeSummary(summary, howToRepeat()));
process.exit(summary.passed ? 0 : 1);
