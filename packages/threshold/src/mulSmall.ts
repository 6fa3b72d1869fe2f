import type { EcBackend } from "./ecBackend.ts";
import { INFINITY, type Point } from "./point.ts";

type Additions = Pick<EcBackend, "add" | "double">;

/** kP for a small public k >= 0: doubling and adding beats a general multiplication below 2^8. */
export function mulSmall({ add, double }: Additions, point: Point, multiplier: number): Point {
  let result = INFINITY;
  for (let bit = 31 - Math.clz32(multiplier); bit >= 0; bit--) {
    if (result !== INFINITY) result = double(result);
    if ((multiplier >> bit) & 1) result = result === INFINITY ? point : add(result, point);
  }
  return result;
}

/** The sum of x^k P_k for a small public x, by Horner. Empty: infinity. */
export const evaluateBy = (additions: Additions, points: readonly Point[], x: number): Point =>
  points.reduceRight((sum, point) => additions.add(mulSmall(additions, sum, x), point), INFINITY);
