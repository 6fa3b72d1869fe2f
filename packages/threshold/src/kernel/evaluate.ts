import { assertPointType, type Point } from "../point.ts";
import type { Kernel } from "./kernel.ts";

const SUM = 0;
const MULTIPLE = 1;
const COEFFICIENT = 2;

/** The sum of x^k P_k for a public x in 0..255, by Horner in the registers. Empty: infinity. In affine form. Public, in variable time. */
export function evaluate({ arena }: Kernel, points: readonly Point[], x: number): Point {
  for (const point of points) assertPointType(point);
  const { wasm } = arena;
  const [sum, multiple, coefficient] = [SUM, MULTIPLE, COEFFICIENT].map((index) => arena.point(index)) as [number, number, number];
  return arena.run(() => {
    wasm.setInfinity(sum);
    for (let k = points.length - 1; k >= 0; k--) {
      if (x === 0) wasm.setInfinity(multiple);
      else wasm.copyPoint(multiple, sum); // the highest bit of x
      for (let bit = 30 - Math.clz32(x); bit >= 0; bit--) {
        wasm.double(multiple, multiple);
        if ((x >> bit) & 1) wasm.addPoints(multiple, multiple, sum);
      }
      arena.putPoint(COEFFICIENT, points[k] as Point); // k counts them
      wasm.addPoints(sum, multiple, coefficient);
    }
    return arena.takePoint(SUM);
  });
}
