// `npm run test:long`: random tests with many more cases than `npm test` has. Each suite prints a row for docs/TRACK_RECORD.md.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { howToRepeat, SEED } from "../test/random/seed.ts"; // sets KEYQUORUM_SEED for all suites
import { recordLong } from "./faults/trackRecord.ts";
import { mochaOptions } from "./testing/testCommand.ts";

const root = join(import.meta.dirname, "..");
const HOUR_MILLISECONDS = 3_600_000;

/** Unit tests without the limit of 3 minutes. */
const mocha = (patterns: readonly string[]): readonly string[] => [
  "mocha",
  ...mochaOptions(join(root, ".mocharc.json")),
  "--timeout",
  String(24 * HOUR_MILLISECONDS),
  ...globSync(patterns, { cwd: root }).sort(),
];
const usesCases = (file: string): boolean => /casesFor\(|fc\.assert/.test(readFileSync(join(root, file), "utf8"));

/** `times`: how many times more cases it runs than the other suites. */
type Suite = { readonly what: string; readonly command: readonly string[]; readonly times?: number };
const suites = (): Readonly<Record<string, Suite>> => ({
  properties: {
    what: "property tests of packages",
    command: mocha(
      globSync("packages/{threshold,wire,blobs}/src/**/*.test.ts", { cwd: root }).filter(
        (file) => usesCases(file) && !file.includes("/kernel/"),
      ),
    ),
  },
  libraries: {
    what: "TypeScript and Solidity agree",
    command: ["hardhat", "test", "mocha", "--no-compile", ...globSync("test/contracts/libraries/*.test.ts", { cwd: root }).sort()],
  },
  simulations: {
    what: "simulated key generation (P10), resharing (P9) and signing (P11)",
    command: mocha(["packages/protocol/src/**/simulation.test.ts"]),
  },
  crashes: {
    what: "a vault's process killed -9 (P3, P13)",
    command: mocha([
      "packages/vault/src/crash.test.ts",
      "packages/vault/src/replaceOperator.test.ts",
      "packages/vault/src/stores/auditPrune.test.ts",
    ]),
  },
  kernel: {
    what: "the WebAssembly kernel against noble and bigints, 60,000 cases of a function or more",
    command: mocha(["packages/threshold/src/kernel/*.test.ts"]),
    times: 10,
  },
  timing: { what: "the time that the kernel takes says nothing of a secret", command: ["node", "scripts/kernel/timing.ts"] },
  invariants: { what: "invariants of the contracts", command: ["hardhat", "test", "solidity", "--no-compile"] },
});

const HELP = `npm run test:long -- [--only SUITE] [--cases N] [--record]

Runs the random tests with many more cases than npm test has.

--only SUITE  ${Object.keys(suites()).join(", ")}
--cases N     how many cases run where npm test has 100; 10000
--record      append a row for each suite to docs/TRACK_RECORD.md

KEYQUORUM_SEED repeats the random choices of a run.`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    cases: { type: "string", default: "10000" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const chosen = Object.entries(suites()).filter(([name]) => values.only === undefined || name === values.only);
const isUsable = chosen.length > 0 && /^[1-9]\d{2,6}$/.test(values.cases);
if (values.help || !isUsable) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const USUAL_INVARIANT_RUNS = 24;
const resultsFile = join(tmpdir(), `keyquorum-long-${process.pid}.jsonl`);
let failed = 0;
for (const [name, { what, command, times = 1 }] of chosen) {
  const [file = "", ...args] = command;
  const started = Date.now();
  console.log(`\n=== ${name}: ${what}; seed ${SEED} ===`);
  const { status, error } = spawnSync(file, args, {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      KEYQUORUM_CASES: String(Number(values.cases) * times),
      KEYQUORUM_INVARIANT_RUNS: String(Math.ceil((USUAL_INVARIANT_RUNS * Number(values.cases)) / 100)),
      KEYQUORUM_TEST_RESULTS: resultsFile,
    },
  });
  if (error !== undefined) console.error(error.message);
  if (status !== 0) failed += 1;
  const states = readStates();
  rmSync(resultsFile, { force: true });
  const row = {
    suite: name,
    cases: `${(Number(values.cases) * times) / 100} times those of npm test`,
    result: `${status === 0 ? "passed" : "FAILED"}${states.length === 0 ? "" : `: ${states.filter((state) => state === "passed").length} of ${states.length} tests`}`,
    minutes: Math.round((Date.now() - started) / 6_000) / 10,
    seed: SEED,
    command: `KEYQUORUM_SEED=${SEED} npm run test:long -- --only ${name} --cases ${values.cases}`,
  };
  console.log(`=== ${name}: ${row.result} in ${row.minutes} min, ${row.cases} ===`);
  if (values.record) await recordLong(row);
}
if (failed > 0) console.log(howToRepeat());
process.exit(failed === 0 ? 0 : 1);

function readStates(): readonly string[] {
  try {
    return readFileSync(resultsFile, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly state: string }).state);
  } catch {
    return []; // Hardhat's Solidity tests write none
  }
}
