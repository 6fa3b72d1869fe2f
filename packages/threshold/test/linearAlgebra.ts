// Who knows what, as rows of a matrix modulo n: a value that is no combination of the rows seen could be anything.
import { inverse, mod, N, power } from "./naiveCurve.ts";

/** One known value: its coefficients over everything that was drawn at random. */
export type Row = readonly bigint[];

/** Rank of a matrix modulo n, by Gauss. */
export function rank(rows: readonly Row[]): number {
  const matrix = rows.map((row) => [...row]);
  let found = 0;
  for (let column = 0; column < (matrix[0]?.length ?? 0); column++) {
    const pivot = matrix.findIndex((row, i) => i >= found && mod(row[column] as bigint, N) !== 0n);
    if (pivot < 0) continue;
    [matrix[found], matrix[pivot]] = [matrix[pivot] as bigint[], matrix[found] as bigint[]];
    const lead = matrix[found] as bigint[];
    const scale = inverse(lead[column] as bigint, N);
    for (let i = found + 1; i < matrix.length; i++) {
      const row = matrix[i] as bigint[];
      const factor = mod((row[column] as bigint) * scale, N);
      if (factor !== 0n) matrix[i] = row.map((value, k) => mod(value - factor * (lead[k] as bigint), N));
    }
    found++;
  }
  return found;
}

/** 1, x, x^2, ... : what a polynomial with `length` coefficients is at x. */
export const powers = (x: number, length: number): Row => Array.from({ length }, (_, k) => power(BigInt(x), BigInt(k), N));

export const sumOf = (...rows: readonly Row[]): Row =>
  (rows[0] as Row).map((_, i) => rows.reduce((sum, row) => mod(sum + (row[i] as bigint), N), 0n));
export const scaled = (row: Row, factor: bigint): Row => row.map((value) => mod(value * factor, N));

/** Names places for random values: `take(3)` is a function from three coefficients to a row over all of them. Take all before using any. */
export function unknowns() {
  let width = 0;
  const take = (length: number) => {
    const from = width;
    width += length;
    return (coefficients: Row): Row => {
      const row = Array.from({ length: width }, () => 0n);
      coefficients.forEach((value, i) => {
        row[from + i] = value;
      });
      return row;
    };
  };
  return { take };
}

/** All lists of `length` elements of 0..p-1. */
export function* tuples(length: number, p: number): Generator<bigint[]> {
  for (let i = 0; i < p ** length; i++) yield Array.from({ length }, (_, k) => BigInt(Math.floor(i / p ** k) % p));
}

export const subsets = (items: readonly number[], size: number): number[][] =>
  size === 0 ? [[]] : items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));

/** How often each secret occurs beside each view, over everything that could have been drawn. */
export function tally(draws: Iterable<{ readonly view: string; readonly secret: bigint }>): Map<string, Map<bigint, number>> {
  const seen = new Map<string, Map<bigint, number>>();
  for (const { view, secret } of draws) {
    const secrets = seen.get(view) ?? new Map<bigint, number>();
    seen.set(view, secrets.set(secret, (secrets.get(secret) ?? 0) + 1));
  }
  return seen;
}

/** True iff every view leaves all p secrets possible, equally often. */
export const tellsNothing = (seen: Map<string, Map<bigint, number>>, p: number): boolean =>
  [...seen.values()].every((secrets) => secrets.size === p && new Set(secrets.values()).size === 1);
