import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type CheckedModule, checkModule, createRunner, type Runner } from "@keyquorum/runner";
import { functionsOf } from "../../packages/runner/src/testing/guests/binaries.ts";
import { type Figure, median } from "./figures.ts";
import { runnerSecretFigures } from "./runnerSecrets.ts";

const [ROUNDS, RUNS, TOGETHER] = [15, 100, 8];

/** `(module (memory (export "memory") 1) (func (export "_start")))`, assembled. */
const SMALLEST = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    [1, 4, 1, 0x60, 0, 0],
    [3, 2, 1, 0],
    [5, 3, 1, 0, 1],
    [7, 19, 2, 6, ...Buffer.from("_start"), 0, 0, 6, ...Buffer.from("memory"), 2, 0],
    [10, 4, 1, 2, 0, 0x0b],
  ].flat(),
);

const CIRCUIT = "pragma circom 2.0.0; template M() { signal input a; signal input b; signal output c; c <== a*b; } component main = M();";

/** 20 MB: functions of 200 bytes, each of which adds 5 and 7 again and again. The first is called. */
const hugeModule = (): Uint8Array =>
  functionsOf(100_000, [0, ...Array.from({ length: 33 }, () => [0x41, 7, 0x41, 5, 0x6a, 0x1a]).flat(), 0x0b]);

/** One module in one process: from the process's start to its end, without keepers and with them. */
export const runnerFigures = async (): Promise<readonly Figure[]> => {
  const small = checkModule(SMALLEST);
  const circom = readFileSync(createRequire(import.meta.url).resolve("circom2/circom.wasm"));
  const cold = await createRunner({ spare: 0 });
  const warm = await createRunner({ spare: 1 });
  try {
    const [started, waiting]: [number[], number[]] = [[], []];
    for (let round = -1; round < ROUNDS; round += 1) {
      const { ms: one } = await finish(cold, small);
      const { ms: other } = await finish(warm, small);
      await new Promise((resolve) => setTimeout(resolve, 300)); // the next spare child is ready by then
      if (round < 0) continue;
      started.push(one);
      waiting.push(other);
    }
    const large = await largeFigures(cold, { "9 MB of module (circom)": circom, "20 MB of module (100,000 functions)": hugeModule() });
    return [
      {
        name: "a small module, its process started for it",
        value: median(started),
        unit: "ms",
        target: 80,
        note: "start to end of the process",
      },
      { name: "a small module, in a process that waits", value: median(waiting), unit: "ms" },
      ...large,
      ...(await manyFigures(cold, small)),
      ...(await runnerSecretFigures(SMALLEST)),
    ];
  } finally {
    await Promise.all([cold.close(), warm.close()]);
  }
};

/** Validation, and compilation with a run of the module, each apart. */
const largeFigures = async (runner: Runner, modules: Readonly<Record<string, Uint8Array>>): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const [name, bytes] of Object.entries(modules)) {
    const [validation, compilation, whole]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < 3; round += 1) {
      const began = performance.now();
      const module = checkModule(bytes);
      validation.push(performance.now() - began);
      const { compiledMs, ms } = await finish(runner, module);
      compilation.push(compiledMs);
      whole.push(ms);
    }
    const note = `process and compilation ${median(compilation).toFixed(0)}; validation apart`;
    figures.push(
      { name: `${name}, validated`, value: median(validation), unit: "ms", note: "of the runner's own loop, once for each module" },
      { name: `${name}, run`, value: median(whole), unit: "ms", note },
    );
  }
  return figures;
};

const finish = async (runner: Runner, module: CheckedModule): Promise<{ readonly ms: number; readonly compiledMs: number }> => {
  const began = performance.now();
  const isCircom = module.facts.importsFrom.length > 0;
  const run = await runner.start(module, isCircom ? { args: ["circom2", "/tmp/a.circom", "--r1cs", "-o", "/tmp"] } : {});
  await run.compiled;
  const compiledMs = performance.now() - began;
  const { outcome, exitCode } = await run.give({ files: isCircom ? [{ name: "a.circom", value: new TextEncoder().encode(CIRCUIT) }] : [] });
  if (outcome.kind !== "exited" || exitCode !== 0) throw new Error(`A run ended otherwise: ${outcome.kind} ${exitCode}.`);
  return { ms: performance.now() - began, compiledMs };
};

/** Many runs at once, after as many that warm up: runs per second, and what is left of them. */
const manyFigures = async (runner: Runner, module: CheckedModule): Promise<readonly Figure[]> => {
  await many(runner, module);
  const before = held();
  const ms = await wallOf(() => many(runner, module));
  const after = held();
  const [processes, descriptors] = [after.processes - before.processes, after.descriptors - before.descriptors];
  if (processes > 0 || descriptors > 0) throw new Error(`${processes} processes and ${descriptors} descriptors are left of ${RUNS} runs.`);
  return [
    {
      name: `runs per second, ${TOGETHER} at a time`,
      value: RUNS / (ms / 1_000),
      unit: "1/s",
      note: `${RUNS} runs; no process and no descriptor is left`,
    },
    { name: `memory that ${RUNS} runs leave`, value: Math.max(0, after.bytes - before.bytes) / 1_000, unit: "kB", target: 32_000 },
  ];
};

const many = async (runner: Runner, module: CheckedModule): Promise<void> => {
  let left = RUNS;
  const one = async (): Promise<void> => {
    while (left-- > 0) await finish(runner, module);
  };
  await Promise.all(Array.from({ length: TOGETHER }, one));
};

/** Children, open descriptors and resident memory of this process. */
const held = () => {
  const parent = `\nPPid:\t${process.pid}\n`;
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && statusOf(name).includes(parent));
  return { processes: children.length, descriptors: readdirSync("/proc/self/fd").length, bytes: process.memoryUsage.rss() };
};

const statusOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return ""; // it has gone
  }
};

const wallOf = async (run: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await run();
  return performance.now() - began;
};
