import type { Curve } from "./curve.ts";

const [WIDTH, PANEL, GAP, LEFT, TOP] = [860, 380, 56, 56, 34];
const PLOT = 220;

/** Curves in panels with logarithmic axes, each beside a dashed line of the expected slope through its first point. */
export const growthPicture = (title: string, curves: readonly Curve[]): string => {
  const rows = Math.ceil(curves.length / 2);
  const height = TOP + rows * (PLOT + 2 * GAP);
  const panels = curves.map((curve, i) =>
    panel(curve, LEFT + (i % 2) * (PANEL + GAP / 2), TOP + GAP + Math.floor(i / 2) * (PLOT + 2 * GAP)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12">`,
    `  <rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `  <text x="${LEFT}" y="26" fill="#1f2328" font-size="15" font-weight="600">${title}</text>`,
    ...panels,
    "</svg>",
    "",
  ].join("\n");
};

const panel = ({ name, unit, along, order, points }: Curve, x: number, y: number): string => {
  const width = PANEL - LEFT;
  const [first, last] = [points[0] ?? [1, 1], points.at(-1) ?? [1, 1]];
  const expected = (count: number): number => first[1] * (count / first[0]) ** order;
  const all = [...points.map(([, value]) => value), expected(last[0])];
  const [low, high] = [Math.floor(Math.log10(Math.min(...all))), Math.ceil(Math.log10(Math.max(...all)))];
  const atX = (count: number): number => x + (width * Math.log(count / first[0])) / Math.log(last[0] / first[0]);
  const atY = (value: number): number => y + PLOT - (PLOT * (Math.log10(value) - low)) / Math.max(1, high - low);
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const path = points.map(([count, value]) => `${atX(count).toFixed(1)},${atY(value).toFixed(1)}`).join(" ");
  return [
    `  <text x="${x}" y="${y - 14}" fill="#1f2328" font-weight="600">${name}, ${unit}</text>`,
    ...decades.map(
      (value) => `  <line x1="${x}" x2="${x + width}" y1="${atY(value).toFixed(1)}" y2="${atY(value).toFixed(1)}" stroke="#e1e4e8"/>
  <text x="${x - 6}" y="${(atY(value) + 4).toFixed(1)}" text-anchor="end" fill="#59636e">${plain(value)}</text>`,
    ),
    ...points.map(
      ([count]) =>
        `  <text x="${atX(count).toFixed(1)}" y="${y + PLOT + 18}" text-anchor="middle" fill="#59636e">${count.toLocaleString("en")}</text>`,
    ),
    `  <line x1="${atX(first[0]).toFixed(1)}" y1="${atY(first[1]).toFixed(1)}" x2="${atX(last[0]).toFixed(1)}" y2="${atY(expected(last[0])).toFixed(1)}" stroke="#8c959f" stroke-dasharray="5 4"/>`,
    `  <polyline points="${path}" fill="none" stroke="#0969da" stroke-width="2"/>`,
    ...points.map(([count, value]) => `  <circle cx="${atX(count).toFixed(1)}" cy="${atY(value).toFixed(1)}" r="4" fill="#0969da"/>`),
    `  <text x="${x}" y="${y + PLOT + 36}" fill="#59636e">${along}; dashed: ${order === 0 ? "flat" : `to the power of ${order}`}</text>`,
  ].join("\n");
};

const short = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

const plain = (value: number): string => {
  const [size, letter] = short.find(([least]) => value >= least) ?? [1, ""];
  return `${Number((value / size).toPrecision(3))}${letter}`;
};
