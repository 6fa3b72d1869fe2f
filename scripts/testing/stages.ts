import { globSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { mochaOptions } from "./testCommand.ts";

/** One process of a stage: a lane runs one job at a time. */
export type Job = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Jobs that must have passed before this one starts. One that does not pass fails this one too. */
  readonly needs?: readonly string[];
};

/** What `--only` picks and the table at the end has a row for. */
export type Stage = {
  /** How `--only` names it. */
  readonly key: string;
  readonly title: string;
  /** Those that take longest first: lanes take them in this order. */
  readonly jobs: readonly Job[];
  /** Starts when all stages before it are over, passed or not: for tests that need the machine for themselves. */
  readonly isAlone?: true;
  /** How many of its jobs run at a time on a machine with so many lanes. Default: as many. */
  readonly lanesOf?: (lanes: number) => number;
};

const COMPILE = "contracts compile";
const root = join(import.meta.dirname, "..", "..");

const filesOf = (patterns: readonly string[]): readonly string[] =>
  globSync(patterns, { cwd: root })
    .map((path) => path.split(sep).join("/"))
    .sort();

/** Shares files out: each group has those that match it and none before it; the last one has the rest. */
export const shareOut = (files: readonly string[], groups: readonly RegExp[]): readonly (readonly string[])[] => {
  const groupOf = (file: string): number => {
    const at = groups.findIndex((pattern) => pattern.test(file));
    return at < 0 ? groups.length : at;
  };
  const shares: string[][] = [...groups, undefined].map(() => []);
  for (const file of files) shares[groupOf(file)]?.push(file);
  return shares;
};

const unitFiles = filesOf(["packages/*/src/**/*.test.ts", "tasks/**/*.test.ts", "scripts/**/*.test.ts", "test/random/**/*.test.ts"]);
const unitJobs = shareOut(unitFiles, [
  ...[/^packages\/keeper\//, /^packages\/(client|cli|wire|chain)\//, /^packages\/(protocol|threshold)\//],
  /^packages\/(parity|runner)\//,
])
  .map(
    (files, index): Job => ({
      name: `unit tests ${index + 1}`,
      command: "mocha",
      args: [...mochaOptions(join(root, ".mocharc.json")), ...files],
      needs: [COMPILE],
    }),
  )
  .toReversed(); // the last group waits most: others compute beside it

const contractJobs = shareOut(filesOf(["test/contracts/**/*.test.ts"]), [/\/(KeyGeneration|KeyResharing|ShareRepairs)\//]).map(
  (files, index): Job => ({
    name: `contract tests ${index + 1}`,
    command: "hardhat",
    args: ["test", "mocha", "--no-compile", ...files],
    needs: [COMPILE],
  }),
);

/** What takes longest first; files of one line share what they make. Each other file is a job of its own, behind these. */
const SYSTEM_GROUPS = [
  ["handOver"],
  ["demo"],
  ["packages", "browser"],
  ["keysAndDisks"],
  ["keyGeneration"],
  ["handOverFaults"],
  ["retrieval"],
  ["killRounds"],
  ["paritySecretStore"],
  ["reshare"],
  ["examples"],
  ["optimistic"],
  ["tasks"],
  ["accessTasks"],
  ["access"],
] as const;
const systemFiles = filesOf(["test/system/**/*.test.ts"]);
const grouped = SYSTEM_GROUPS.map((names) => names.map((name) => `test/system/${name}.test.ts`));
const alone = systemFiles.filter((file) => !grouped.flat().includes(file)).map((file) => [file]);
const systemJobs = [...grouped, ...alone].map(
  (files): Job => ({
    name: `system tests: ${files.map((file) => basename(file, ".test.ts")).join(" and ")}`,
    command: "mocha",
    args: [...mochaOptions(join(root, "test", "system", ".mocharc.json")), ...files],
    needs: [COMPILE],
  }),
);

/** More than the keepers, chains and browsers of one job need. */
const BYTES_OF_A_LANE = 2 * 1024 ** 3;

/**
 * Keepers wait for blocks, and unit tests for sockets and processes: beside two jobs a third finds a quarter of two cores idle. None where somebody
 * wants one job after another, or memory is short.
 */
export const lanesWithWaits = (lanes: number, bytes = process.availableMemory()): number =>
  lanes > 1 && bytes >= (lanes + 1) * BYTES_OF_A_LANE ? lanes + 1 : lanes;

/** All that `npm test` runs. */
export const STAGES: readonly Stage[] = [
  { key: "compile", title: "contracts compile", jobs: [{ name: COMPILE, command: process.execPath, args: ["scripts/compile.mjs"] }] },
  {
    key: "static",
    title: "static checks",
    jobs: [
      { name: "static checks of sources", command: process.execPath, args: ["scripts/check.ts", "--part", "sources"] },
      {
        name: "static checks of types",
        command: process.execPath,
        args: ["scripts/check.ts", "--part", "types"],
        needs: [COMPILE],
      },
    ],
  },
  { key: "unit", title: "unit and property tests", jobs: unitJobs, lanesOf: lanesWithWaits },
  { key: "contracts", title: "contract tests", jobs: contractJobs, lanesOf: lanesWithWaits },
  {
    key: "invariants",
    title: "invariants of the contracts",
    lanesOf: lanesWithWaits,
    jobs: [{ name: "invariants", command: "hardhat", args: ["test", "solidity", "--no-compile"], needs: [COMPILE] }],
  },
  {
    key: "system",
    title: "system tests",
    jobs: systemJobs,
    isAlone: true,
    lanesOf: lanesWithWaits,
  },
];

/** The stages of these keys, in order, and the compilation that they need. Throws an Error that lists the keys for one that is none. */
export const stagesOf = (keys: readonly string[] | undefined, stages = STAGES): readonly Stage[] => {
  const unknown = keys?.find((key) => !stages.some((stage) => stage.key === key));
  if (unknown !== undefined) throw new Error(`No stage is called ${unknown}. Stages: ${stages.map(({ key }) => key).join(", ")}.`);
  return stages.filter(({ key }) => keys === undefined || keys.includes(key) || key === "compile");
};
