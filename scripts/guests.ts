// `npm run test:guests`: every module of the hostile corpus, one after the other, as a table; then every truncation and 10,000 mutations of modules (promise P22).
import { parseArgs } from "node:util";
import { checkModule, createEgress, createRunner } from "../packages/runner/src/index.ts";
import { compileAssemblyScript, sdkExample } from "../packages/runner/src/testing/assemblyScript.ts";
import { GUESTS } from "../packages/runner/src/testing/guests/index.ts";
import { mutatedModules } from "../packages/runner/src/testing/mutatedModules.ts";
import { runGuestCase } from "../packages/runner/src/testing/runGuestCase.ts";
import { recordGuests } from "./faults/trackRecord.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    mutations: { type: "string" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  console.log(
    "npm run test:guests -- [--only TEXT] [--mutations N] [--record]\n\n  --only TEXT     guests with this text in their group or name\n  --mutations N   mutated modules (default: 10000)\n  --record        appends the run of all of it to docs/TRACK_RECORD.md",
  );
  process.exit(0);
}
const runner = await createRunner({ spare: 0 });
for (const { name, isInForce, how } of runner.limitsInForce)
  console.log(`${isInForce ? "in force" : "WITHOUT "}  ${name.padEnd(12)} ${how}`);

const started = Date.now();
let faults = 0;
let [guests, twins, mutants] = [0, 0, ""];
console.log(`\n${"outcome".padEnd(18)} ${"code".padStart(4)} ${"ms".padStart(7)} ${"CPU ms".padStart(7)} ${"MB".padStart(5)}  guest`);
for (const guest of GUESTS) {
  if (values.only !== undefined && !`${guest.group} ${guest.name}`.includes(values.only)) continue;
  if (guest.isTwin) twins += 1;
  else guests += 1;
  const { outcome, exitCode, ms, cpuMs, bytes, fault } = await runGuestCase(runner, guest);
  const [time, memory] = [ms.toFixed(0).padStart(7), (bytes / 1e6).toFixed(0).padStart(5)];
  console.log(
    `${outcome.padEnd(18)} ${String(exitCode ?? "").padStart(4)} ${time} ${String(cpuMs).padStart(7)} ${memory}  ${guest.group}: ${guest.name}${guest.isTwin ? " (twin)" : ""}`,
  );
  if (fault === undefined) continue;
  faults += 1;
  console.log(`  FAULT  ${fault}`);
}
if (values.only === undefined || values.only === "binary") {
  const { valid, invalid, refused, ran, faults: found } = await mutatedModules(runner, Number(values.mutations ?? 10_000));
  mutants = `${invalid + refused + valid}, of which ${ran} were run`;
  console.log(
    `\nbinary: ${invalid} truncations and mutations are not well formed, ${refused} are refused, ${valid} pass the validator; ${ran} of these were run.`,
  );
  for (const fault of found) console.log(`  FAULT  ${fault}`);
  faults += found.length;
}
if (values.only === undefined || values.only === "blockless") {
  // The SDK's examples as they are published. `http` asks a server of the Internet, which this run is not permitted to.
  for (const [name, stdin, printed] of [
    ["memory", '{"results": 5}', "Hello 1005.0\nHello value\n"],
    ["http", "", ""],
  ] as const) {
    const run = await runner.start(checkModule(await compileAssemblyScript({ file: sdkExample(name) })));
    const { exitCode, stdout } = await run.give({
      stdin: Buffer.from(stdin),
      env: [{ name: "ENV_VAR_NAME", value: Buffer.from("value") }],
      egress: createEgress({ permissions: [] }),
    });
    const isRight = exitCode === 0 && Buffer.from(stdout).toString() === printed;
    console.log(`blockless: the SDK's example ${name} ${isRight ? "ran" : `FAULT ${exitCode} ${Buffer.from(stdout).toString()}`}`);
    if (!isRight) faults += 1;
  }
}
await runner.close();
if (values.record && values.only === undefined) {
  const seconds = (Date.now() - started) / 1000;
  const command = ["npm run test:guests --", ...(values.mutations === undefined ? [] : ["--mutations", values.mutations]), "--record"].join(
    " ",
  );
  await recordGuests({ guests, twins, mutants, faults, seconds }, command);
}
console.log(faults === 0 ? "\nAll ended as they must." : `\n${faults} did not end as they must.`);
process.exit(faults === 0 ? 0 : 1);
