// `npm run test:mutants`: removes each check of the list in test/mutants, one at a time, in a copy of the tree; the named test must fail.
//   npm run test:mutants -- [--only TEXT] [--json FILE]
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { testCommandOf } from "./testing/testCommand.ts";

/**
 * `find` occurs exactly once in `file`, a source of contracts/ or of any package, and becomes `replace`; then the tests of `suite` whose
 * titles contain `grep` must fail. A suite is a test file of any kind.
 */
type Mutant = {
  readonly id: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly suite: string;
  readonly grep: string;
};
type Outcome = { readonly id: string; readonly outcome: "killed" | "SURVIVED" | "BROKEN"; readonly milliseconds: number };

const { values } = parseArgs({ options: { only: { type: "string" }, json: { type: "string" }, help: { type: "boolean" } } });
if (values.help) {
  console.log(
    "npm run test:mutants -- [--only TEXT of an id or file] [--json FILE]\nRemoves checks one at a time; each must be missed by a test.",
  );
  process.exit(0);
}

/** The same for every mutant, so that one which a test kills is killed in every run. */
const seed = process.env.KEYQUORUM_SEED ?? "mutants";

const root = realpathSync(join(import.meta.dirname, ".."));
const all = readdirSync(join(root, "test", "mutants"))
  .filter((name) => name.endsWith(".json"))
  .sort()
  .flatMap((name): Mutant[] => JSON.parse(readFileSync(join(root, "test", "mutants", name), "utf8")));
const mutants = all.filter(({ id, file }) => values.only === undefined || `${id} ${file}`.includes(values.only));

/** A copy of the tracked tree whose node_modules leads to the installed packages, but to its own workspace packages. */
const copyTree = (): string => {
  const copy = mkdtempSync(join(tmpdir(), "keyquorum-mutants-"));
  const tracked = spawnSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" }).stdout.trim().split("\n");
  for (const file of tracked) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  for (const folder of ["typechain-types", "artifacts", "cache"]) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  mkdirSync(join(copy, "node_modules", "@keyquorum"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules")))
    if (name !== "@keyquorum") symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
  for (const name of readdirSync(join(copy, "packages"))) {
    symlinkSync(join("..", "..", "packages", name), join(copy, "node_modules", "@keyquorum", name));
    const own = join("packages", name, "node_modules"); // dependencies in another version than the root's
    if (existsSync(join(root, own))) symlinkSync(join(root, own), join(copy, own));
  }
  return copy;
};

const copy = copyTree();
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

/** What a mutant adds to the command of a test file. Invariant tests deploy the compiled contracts: those are compiled again, too. */
const MUTANT_ARGS = {
  unit: ["--reporter", "dot", "--timeout", "180000"],
  system: ["--reporter", "dot"],
  contract: ["--no-typechain"],
  invariant: ["--no-typechain"],
} as const;
const MINUTES = { unit: 5, contract: 5, invariant: 5, system: 15 } as const;

/** Runs the tests of a suite, all or those whose titles contain `grep`. Throws when none ran: a mutant that does not compile proves nothing. */
const doTestsPass = (suite: string, grep?: string): boolean => {
  const { kind, command, args } = testCommandOf(suite, { root: copy, ...(grep === undefined ? {} : { grep }) });
  const run = spawnSync(command, [...args, ...MUTANT_ARGS[kind]], {
    cwd: copy,
    encoding: "utf8",
    timeout: MINUTES[kind] * 60_000,
    env: { ...process.env, KEYQUORUM_SEED: seed, FORCE_COLOR: "0" },
  });
  const count = (word: string): number => Number(run.stdout.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  if (count("passing") + count("failing") === 0) throw new Error(`no test ran: ${(run.stderr || run.stdout).trim().slice(-300)}`);
  return run.status === 0;
};

console.log(`${mutants.length} mutants; first the control: the tests that must kill them pass on the code as it is.`);
const outcomes: Outcome[] = [];
const controls = new Map<string, boolean>();
for (const { id, file, find, replace, suite, grep } of mutants) {
  const started = Date.now();
  const note = (outcome: Outcome["outcome"], why = ""): void => {
    outcomes.push({ id, outcome, milliseconds: Date.now() - started });
    console.log(`${String(outcomes.length).padStart(3)}/${mutants.length} ${outcome.padEnd(8)} ${id} (${Date.now() - started} ms) ${why}`);
  };
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  if (source.split(find).length !== 2) {
    note("BROKEN", `the text to replace occurs ${source.split(find).length - 1} times in ${file}`);
    continue;
  }
  try {
    if (!controls.has(suite)) controls.set(suite, doTestsPass(suite));
    if (!controls.get(suite)) {
      note("BROKEN", `${suite} fails on the code as it is`);
      continue;
    }
    writeFileSync(
      path,
      source.replace(find, () => replace),
    );
    note(doTestsPass(suite, grep) ? "SURVIVED" : "killed");
  } catch (error) {
    note("BROKEN", error instanceof Error ? error.message : String(error));
  } finally {
    writeFileSync(path, source);
  }
}

const killed = outcomes.filter(({ outcome }) => outcome === "killed").length;
console.log(`\n${killed} of ${mutants.length} mutants killed`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(outcomes, null, 2)}\n`);
process.exit(killed === mutants.length && mutants.length > 0 ? 0 : 1);
