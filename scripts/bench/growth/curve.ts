import type { Figure } from "../figures.ts";

/** Values beside what they grow with. `order`: the power of it that is expected at most; 0: flat. */
export type Curve = {
  readonly name: string;
  readonly unit: "ms" | "kB" | "gas";
  /** What is counted along the axis, such as "keepers". */
  readonly along: string;
  readonly order: 0 | 1 | 2;
  readonly points: readonly (readonly [count: number, value: number])[];
  readonly note?: string;
};

/** How many sizes, at most, a curve is measured at; and which curves. */
export type Sizes = { readonly isQuick: boolean };

/** What is small beside this is noise: a curve that ends below it has no slope. */
const LEAST: Readonly<Record<Curve["unit"], number>> = { ms: 0.05, kB: 0, gas: 0 };
/** A measured power may be so much above the expected one. */
const TOLERANCE = 0.25;

/** The power of the count with which a curve grows between its two largest counts. */
export const slopeOf = ({ points, unit }: Pick<Curve, "points" | "unit">): number => {
  const [before, last] = points.slice(-2);
  if (before === undefined || last === undefined) return 0;
  return Math.log(Math.max(last[1], LEAST[unit]) / Math.max(before[1], LEAST[unit])) / Math.log(last[0] / before[0]);
};

export const expectedAtMost = ({ order }: Pick<Curve, "order">): number => order + TOLERANCE;

/** Each value, and how steep the curve is beside what is expected. */
export const figuresOf = (curve: Curve): readonly Figure[] => {
  const { name, unit, along, order, points, note } = curve;
  const [from, to] = points.slice(-2).map(([count]) => count.toLocaleString("en"));
  return [
    ...points.map(([count, value]) => ({
      ...{ name: `${name}, ${count.toLocaleString("en")} ${along}`, value, unit },
      ...(note === undefined ? {} : { note }),
    })),
    {
      name: `${name}: grows as ${along} to the power of`,
      value: slopeOf(curve),
      unit: "x",
      target: expectedAtMost(curve),
      note: `expected ${order === 0 ? "0, flat" : order}, from ${from} to ${to}`,
    },
  ];
};
