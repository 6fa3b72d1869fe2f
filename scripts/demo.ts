// `npm start`: the whole loop, told step by step. Exit code 0 only if every check held. Leaves no process and no file behind.
import { writeFile } from "node:fs/promises";
import { HELP, parseDemoOptions } from "./demo/options.ts";
import { storyOf } from "./demo/stories.ts";
import { type StepReport, tellStep } from "./demo/story.ts";
import { createWorld } from "./demo/world.ts";

const options = (() => {
  try {
    return parseDemoOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nSee npm start -- --help`);
    process.exit(2);
  }
})();
if (options === "help") {
  console.log(HELP);
  process.exit(0);
}

const steps = storyOf(options);
const started = Date.now();
const world = await createWorld(options).catch((error: unknown) => {
  console.error(`The file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
});
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    console.log(`\n${signal}: stopping the keepers and the chain ...`);
    void world.close().finally(() => process.exit(130));
  });

console.log(
  `Keyquorum: ${options.keepers} keepers, threshold ${options.threshold}. ${options.threshold} keepers together learn nothing; ${options.threshold + 1} are needed.`,
);
const reports: StepReport[] = [];
for (const [index, step] of steps.entries()) {
  const report = await tellStep({ ...step, title: `${index + 1}/${steps.length}  ${step.title}` }, world, (line) => {
    if (!interrupted) console.log(line);
  });
  if (interrupted) await new Promise(() => {}); // the signal's handler ends the process
  reports.push({ ...report, title: step.title });
  if (report.checks.some(({ held }) => !held)) break;
}
const processes = [
  world.chain?.pid,
  world.wasm?.service?.process.pid,
  ...(world.cluster?.keepers.map((keeper) => keeper.process().pid) ?? []),
].filter((pid) => pid !== undefined);
const held = reports.length === steps.length && reports.every(({ checks }) => checks.every((check) => check.held));
const logs = held ? [] : await world.closeKeepingLogs();
if (held) await world.close();
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const left = processes.filter(isAlive);

const checks = reports.flatMap((report) => report.checks);
const ok = held && left.length === 0;
const seconds = (Date.now() - started) / 1000;
if (options.json !== undefined)
  await writeFile(
    options.json,
    `${JSON.stringify({ ok, seconds, keepers: options.keepers, threshold: options.threshold, steps: reports }, (_, value) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`,
  );
console.log(
  `\n${ok ? "All checks passed" : "SOMETHING FAILED"}: ${checks.filter((check) => check.held).length} of ${checks.length} checks, ${seconds.toFixed(1)} s. ${left.length === 0 ? "No process is left." : `LEFT: ${left.join(", ")}`}`,
);
if (logs.length > 0) console.log(`The keepers' logs are kept: ${logs.join(", ")}`);
if (ok)
  console.log(`
Continue from here:
  npm run devnet                                            a chain and keepers that keep running, to try things
  npm start -- --file README.md --keepers 7 --threshold 3   the same with your file and another keeper set
  npm start -- --reshare                                    keepers leave and join, and the key stays
  npm start -- --parity                                     clients of Parity Secret Store, unmodified
  npm start -- --wasm                                       WebAssembly modules with secrets
  npm run bench                                             what it costs: milliseconds and gas`);
process.exit(ok ? 0 : 1);
