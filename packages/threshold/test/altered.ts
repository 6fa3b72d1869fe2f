// Actors, and wrong values for every field of a statement or proof.
import { nobleBackend } from "../src/nobleBackend.ts";
import { G, type Point } from "../src/point.ts";
import { CURVE_ORDER } from "../src/scalar.ts";
import { invalidPoints, keyPair } from "./fixtures.ts";
import type { Naive } from "./naiveCurve.ts";

export const naive = (point: Point): Naive => point.toAffine();
export const alice = keyPair("alice");
export const mallory = keyPair("mallory");
export const other = nobleBackend.mulG(77n);
export const WRONG_SCALARS = [0n, 1n, CURVE_ORDER, CURVE_ORDER + 1n, 2n ** 256n - 1n];
export const WRONG_TYPES = [Number.NaN, "3", 2.5, -0, -1n, null, undefined, 2n ** 256n] as unknown as bigint[];
export const WRONG_POINTS = [other, ...Object.values(invalidPoints())];
export const NO_POINTS = [null, undefined, "02", 3n, { x: G.x, y: G.y }] as unknown as Point[];

/** Every copy of `record` with one field replaced by one of the values. */
export const altered = <T extends object>(record: T, values: Partial<{ [K in keyof T]: readonly T[K][] }>): T[] =>
  Object.entries(values).flatMap(([field, list]) => (list as unknown[]).map((value) => ({ ...record, [field]: value })));

/** Shifts by n: equal modulo n, so a verifier that forgets the range would take it. */
export const unreduced = (value: bigint): bigint[] => (value + CURVE_ORDER < 2n ** 256n ? [value + CURVE_ORDER] : []);
