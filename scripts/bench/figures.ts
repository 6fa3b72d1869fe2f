/** One measured figure. `target` is what the issue asks for, `peer` what comparable systems were measured or claim. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "gas" | "1/s" | "MB/s" | "kB" | "x" | "times" | "calls" | "%";
  readonly target?: number;
  readonly note?: string;
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** Median milliseconds of `runs` runs, after one to warm up. */
export const medianMilliseconds = async (runs: number, work: () => unknown): Promise<number> => {
  const times: number[] = [];
  for (let run = -1; run < runs; run += 1) {
    const started = performance.now();
    await work();
    if (run >= 0) times.push(performance.now() - started);
  }
  return median(times);
};

const show = ({ value, unit }: Pick<Figure, "value" | "unit">): string =>
  unit === "gas" ? Math.round(value).toLocaleString("en") : value >= 100 || value === 0 ? value.toFixed(0) : value.toPrecision(3);

/** A heading and its figures as an aligned table. */
export const printTable = (heading: string, figures: readonly Figure[]): void => {
  console.log(`\n${heading}`);
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const figure of figures) {
    const target =
      figure.target === undefined ? "" : `  target ${show({ ...figure, value: figure.target })}${isMissed(figure) ? "  MISSED" : ""}`;
    console.log(
      `  ${figure.name.padEnd(width)}  ${show(figure).padStart(10)} ${figure.unit.padEnd(4)}${target}${figure.note ? `  (${figure.note})` : ""}`,
    );
  }
};

/** Rates and how many times something is better must reach their target, everything else must stay at or below it. */
export const isMissed = ({ value, target, unit }: Figure): boolean =>
  target !== undefined && (unit === "1/s" || unit === "MB/s" || unit === "times" ? value < target : value > target);
