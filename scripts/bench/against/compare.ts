import { median } from "../figures.ts";

/** Where one side's code is. */
export type Side = { readonly folder: string };

/** What is measured of both commits: less is better. */
export type Compared = {
  readonly name: string;
  readonly unit: "ms";
  readonly rounds: number;
  readonly measure: (side: Side) => Promise<number>;
  /** The most that the ratio of now to before may be. */
  readonly target?: number;
};

/** Medians of both, and the ratio of now to before. */
export type Comparison = {
  readonly name: string;
  readonly unit: string;
  readonly before: number;
  readonly now: number;
  readonly ratio: number;
  readonly rounds: number;
  readonly target?: number;
};

/** Measures both in turn, round by round, after one round that does not count: what else the machine does meets both alike. */
export const compare = async ({ measure, ...row }: Compared, sides: { readonly before: Side; readonly now: Side }): Promise<Comparison> => {
  const values = { before: [] as number[], now: [] as number[] };
  for (let round = -1; round < row.rounds; round += 1)
    for (const side of round % 2 === 0 ? (["before", "now"] as const) : (["now", "before"] as const)) {
      const value = await measure(sides[side]);
      if (round >= 0) values[side].push(value);
    }
  const [before, now] = [median(values.before), median(values.now)];
  return { ...row, before, now, ratio: now / before };
};

export const printComparisons = (rows: readonly Comparison[]): void => {
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log(`  ${"".padEnd(width)}  ${"before".padStart(10)} ${"now".padStart(10)}  ${"ratio".padStart(6)}`);
  for (const { name, unit, before, now, ratio, target } of rows) {
    const wanted = target === undefined ? "" : `  target ${target.toFixed(3)}${ratio > target ? "  MISSED" : ""}`;
    console.log(
      `  ${name.padEnd(width)}  ${before.toFixed(1).padStart(10)} ${now.toFixed(1).padStart(10)}  ${ratio.toFixed(3).padStart(6)} ${unit}${wanted}`,
    );
  }
};
