// `npm run test:one -- FILE`: one test file of any kind, by its own runner, and nothing else.
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TestFileError, testCommandOf } from "./testing/testCommand.ts";

const HELP = `npm run test:one -- FILE [--grep TEXT]

Runs one test file: a unit test, a contract test, an invariant (.t.sol) or a system test. The runner follows from the path.

--grep TEXT  only the tests whose titles contain TEXT

Examples:
  npm run test:one -- packages/wire/src/ids.test.ts
  npm run test:one -- test/contracts/libraries/VesFraud.test.ts --grep "another statement"
  npm run test:one -- test/invariants/ShareRequests.t.sol
  KEYQUORUM_SEED=acorn npm run test:one -- test/system/killRounds.test.ts`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: "string" }, help: { type: "boolean", short: "h" } },
});
const [file, ...rest] = positionals;
if (values.help || file === undefined || rest.length > 0) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const root = join(import.meta.dirname, "..");
const run = (command: string, args: readonly string[]): number => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined) console.error(error.message);
  return status ?? 1;
};

try {
  const { kind, command, args } = testCommandOf(resolve(process.env.INIT_CWD ?? root, file), {
    root,
    ...(values.grep === undefined ? {} : { grep: values.grep }),
  });
  const compiled = kind === "unit" || kind === "system" ? run(process.execPath, ["scripts/compile.mjs"]) : 0; // Hardhat compiles by itself
  process.exit(compiled === 0 ? run(command, args) : compiled);
} catch (error) {
  if (!(error instanceof TestFileError)) throw error;
  console.error(error.message);
  process.exit(2);
}
