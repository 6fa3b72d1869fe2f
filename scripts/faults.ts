// `npm run test:faults`: the fault tests at full length. A shorter run of the same tests is part of `npm test`.
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { SEED } from "../test/random/seed.ts";
import { describeFaultReport, runHandOverPromise } from "./faults/handOver.ts";
import { parityFaultCells, runParityFaults } from "./faults/parity.ts";
import { runSlow, slowCells } from "./faults/slow.ts";
import { describeStrangers, runStrangers } from "./faults/strangers.ts";
import { recordHandOverFaults, recordKillRounds, recordParityFaults, recordSlow, recordStrangers } from "./faults/trackRecord.ts";

const HELP = `npm run test:faults -- [--only P3|P9|A37|PARITY|SLOW] [--rounds N] [--points N] [--seconds N] [--loops N] [--keepers N] [--seed S] [--json FILE] [--no-record]

P3  kill -9 of random keepers at random moments, N rounds (default 500): no announced share may be lost.
P9  crashes and partitions at every stage of hand-overs, N injected points (default 500): no key lost, no epoch split.
    Ctrl-C ends it early and counts.

--seed S     faults follow from it; the moments are those of real processes. Default: KEYQUORUM_SEED, or a random one, which is printed.
A37 10 000 bad requests a minute at one keeper for N seconds (default 120), beside honest ones that are timed with and without them.
PARITY Ocean's client at t = 0, 1 and 2 over N keepers (3, 5 or 7; default 3), one of which is down or lies; then kill -9 of each of them at every step of
    generating server keys and storing document keys: 0 keys that some have and others do not, 0 lost. --points N ends it after N kills.
SLOW devnet, the demo and the Hardhat plugin's example beside N busy loops (default 30), which Ctrl-C ends too.

--json FILE  writes the report of P9, or of A37, PARITY or SLOW where only that is run. Runs of all five are appended to docs/TRACK_RECORD.md, unless --no-record is given.

Examples:
  npm run test:faults
  npm run test:faults -- --only P9 --points 50 --seed acorn
  npm run test:faults -- --only A37
  npm run test:faults -- --only PARITY --keepers 7
  npm run test:faults -- --only SLOW --loops 10`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "500" },
    points: { type: "string", default: "500" },
    seconds: { type: "string", default: "120" },
    loops: { type: "string", default: "30" },
    keepers: { type: "string", default: "3" },
    seed: { type: "string", default: SEED },
    json: { type: "string" },
    record: { type: "boolean", default: true },
    help: { type: "boolean", short: "h" },
  },
});
const isNumber = (text: string): boolean => /^[1-9][0-9]{0,5}$/.test(text);
const isKnown = values.only === undefined || ["P3", "P9", "A37", "PARITY", "SLOW"].includes(values.only);
const areNumbers = [values.rounds, values.points, values.seconds, values.loops].every(isNumber);
if (values.help || !isKnown || !areNumbers || !["3", "5", "7"].includes(values.keepers) || !/^[\w-]{1,40}$/.test(values.seed)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const isWanted = (name: string): boolean => values.only === undefined || values.only === name;
let failed = false;
if (isWanted("P3")) {
  const started = Date.now();
  const { status } = spawnSync("mocha", ["--no-config", "--exit", "--reporter", "test/reporter.cjs", "test/system/killRounds.test.ts"], {
    stdio: "inherit",
    env: { ...process.env, KEYQUORUM_KILL_ROUNDS: values.rounds, KEYQUORUM_SEED: values.seed },
  });
  const run = { rounds: values.rounds, isHeld: status === 0, seconds: (Date.now() - started) / 1000, seed: values.seed };
  if (values.record) await recordKillRounds(run, `npm run test:faults -- --only P3 --rounds ${values.rounds} --seed ${values.seed}`);
  failed ||= status !== 0;
}
if (isWanted("P9")) {
  const { seed } = values;
  console.error(`Promise P9: ${values.points} points, seed ${seed}`);
  const report = await runHandOverPromise({ points: Number(values.points), seed });
  console.log(describeFaultReport(report));
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify({ date: new Date().toISOString(), ...report }, null, 2)}\n`);
  if (values.record) await recordHandOverFaults(report, `npm run test:faults -- --only P9 --points ${values.points} --seed ${seed}`);
  failed ||= report.violations.length > 0 || report.points === 0;
}
if (isWanted("A37")) {
  console.error(`Attack 37: two times ${values.seconds} s`);
  const report = await runStrangers({ seconds: Number(values.seconds), say: (line) => console.error(line) });
  console.log(describeStrangers(report));
  if (values.json !== undefined && values.only === "A37")
    await writeFile(values.json, `${JSON.stringify({ date: new Date().toISOString(), ...report }, null, 2)}\n`);
  if (values.record) await recordStrangers(report, `npm run test:faults -- --only A37 --seconds ${values.seconds}`);
  failed ||= Object.values(report.targets).includes(false);
}
if (isWanted("PARITY")) {
  const { keepers, points } = values;
  const report = await runParityFaults({ keepers: Number(keepers), points: Number(points), say: (line) => console.error(line) });
  console.log(parityFaultCells(report).join(" | "));
  if (values.json !== undefined && values.only === "PARITY")
    await writeFile(values.json, `${JSON.stringify({ date: new Date().toISOString(), ...report }, null, 2)}\n`);
  if (values.record) await recordParityFaults(report, `npm run test:faults -- --only PARITY --keepers ${keepers} --points ${points}`);
  failed ||= report.violations.length > 0 || report.kills === 0;
}
if (isWanted("SLOW")) {
  const report = await runSlow({ loops: Number(values.loops), say: (line) => console.error(line) });
  console.log(slowCells(report).join(" | "));
  if (values.json !== undefined && values.only === "SLOW")
    await writeFile(values.json, `${JSON.stringify({ date: new Date().toISOString(), ...report }, null, 2)}\n`);
  if (values.record) await recordSlow(report, `npm run test:faults -- --only SLOW --loops ${values.loops}`);
  failed ||= report.left.length > 0 || report.parts.some(({ held }) => !held);
}
process.exit(failed ? 1 : 0);
