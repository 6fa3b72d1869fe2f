// `npm run test:faults`: the fault tests at full length. A shorter run of the same tests is part of `npm test`.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "200" }, help: { type: "boolean", short: "h" } } });
if (values.help || !/^[1-9][0-9]{0,5}$/.test(values.rounds)) {
  console.log(
    "npm run test:faults -- [--rounds N]\n\nkill -9 of random keepers at random moments, N rounds (default 200); no announced share may be lost.",
  );
  process.exit(values.help ? 0 : 2);
}
const { status } = spawnSync("mocha", ["--no-config", "--exit", "test/system/killRounds.test.ts"], {
  stdio: "inherit",
  env: { ...process.env, KEYQUORUM_KILL_ROUNDS: values.rounds },
});
process.exit(status ?? 1);
