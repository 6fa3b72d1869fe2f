import { loadavg } from "node:os";
import { type EcBackend, nobleBackend, backend as own, withBackend } from "@keyquorum/threshold";
import { type Operation, operations } from "../../packages/threshold/bench/operations.ts";
import { type Figure, median } from "./figures.ts";

const ROUNDS = 21;
/** Of the greater of two operations in one round: some systems count processor time in steps of 4 ms. */
const RATIO_RUNS = 25;
/** A round of an operation lasts about this long over the kernel, so that the clock is fine enough. */
const ROUND_MILLISECONDS = 5;

/** Each operation of packages/threshold over the kernel and over noble, in turn, in one process. */
export const operationFigures = async (): Promise<readonly Figure[]> => {
  if (own.name === "noble") throw new Error("This Node refuses WebAssembly: there is nothing to compare noble with.");
  const measured = new Map(operations.map((operation) => [operation.name, measure(operation)] as const));
  const load = loadavg().map((value) => value.toFixed(1));
  const rows = operations.flatMap(({ name, target, timesFaster }): readonly Figure[] => {
    const { kernel, noble } = measured.get(name) as Times; // each was measured
    const times = noble / kernel;
    return [
      { name, value: kernel, unit: "ms", note: `noble ${noble.toPrecision(3)} ms`, ...(target === undefined ? {} : { target }) },
      ...(timesFaster === undefined
        ? []
        : [{ name: `${name}, times faster than noble`, value: times, unit: "times" as const, target: timesFaster }]),
    ];
  });
  return [
    ...rows,
    {
      name: "verify and combine 3 of 5, in VES verifications",
      value: ratioOf("verify and combine 3 of 5", "VES verify answer"),
      unit: "x",
      target: 4,
      note: `by CPU time, in turn; load ${load.join(" ")}`,
    },
  ];
};

/** How much CPU time one operation takes of another's over the kernel: the median of rounds in turn. */
const ratioOf = (...names: readonly [string, string]): number => {
  const runs = names.map((name) => operations.find((operation) => operation.name === name)?.run);
  const cpuOf = (run: (() => void) | undefined, count: number): number => {
    if (run === undefined) throw new Error("There is no such operation.");
    const before = process.cpuUsage();
    for (let i = 0; i < count; i += 1) run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
  const [one, other] = runs;
  const ratios = Array.from({ length: ROUNDS }, () => cpuOf(one, RATIO_RUNS) / cpuOf(other, 4 * RATIO_RUNS));
  return median(ratios);
};

type Times = { readonly kernel: number; readonly noble: number };

const measure = ({ run }: Operation): Times => {
  const over = (backend: EcBackend, runs: number): number =>
    withBackend(backend, () => {
      const started = performance.now();
      for (let i = 0; i < runs; i += 1) run();
      return (performance.now() - started) / runs;
    });
  for (const backend of [own, nobleBackend]) over(backend, 3);
  const runs = Math.max(1, Math.round(ROUND_MILLISECONDS / over(own, 3)));
  const rounds = Array.from({ length: ROUNDS }, () => [over(own, runs), over(nobleBackend, Math.ceil(runs / 10))] as const);
  return { kernel: median(rounds.map(([time]) => time)), noble: median(rounds.map(([, time]) => time)) };
};
