// Points in Jacobian coordinates, x = X/Z^2 and y = Y/Z^3: cheaper to double than those of curve.ts, and no point is a special case there; adding has
// branches where points are equal or opposite, and is for public points only.
// (D. J. Bernstein, T. Lange, Explicit-Formulas Database: dbl-2009-alnr with a = 0 and a common factor taken out, madd.)
//
// SUM has magnitudes of at most (6, 4, 2): scripts/checks/kernel/limbBounds.ts.
import { add, copy, isZero, select, set, subtract } from "./field";
import { multiply, normalize, square } from "./fieldProduct";
import { FORMULA } from "./memory";
import { Y, Z } from "./curve";

const t0: usize = FORMULA;
const t1: usize = FORMULA + 40;
const t2: usize = FORMULA + 80;
const t3: usize = FORMULA + 120;
const t4: usize = FORMULA + 160;
const t5: usize = FORMULA + 200;

/** What adding has found. */
export const ADDED: i32 = 0;
export const EQUAL: i32 = 1;
export const OPPOSITE: i32 = 2;

/** p = 2p, 3M + 4S. Infinity, which has Z = 0, stays infinity. The same steps for all points. */
export function doubleJacobian(p: usize): void {
  square(t1, p + Y);
  add(t1, t1, t1); // 2 Y^2 [2]
  multiply(t2, p, t1);
  add(t2, t2, t2); // D = 4 X Y^2 [2]
  square(t0, p);
  add(t3, t0, t0);
  add(t3, t3, t0); // E = 3 X^2 [3]
  multiply(t4, p + Y, p + Z);
  add(p + Z, t4, t4); // Z3 = 2 Y Z [2]
  square(t0, t3);
  add(t4, t2, t2);
  subtract(p, t0, t4, 4); // X3 = E^2 - 2D [6]
  subtract(t2, t2, p, 6); // [9]
  multiply(t2, t3, t2);
  square(t1, t1);
  add(t1, t1, t1); // 8 Y^4 [2]
  subtract(p + Y, t2, t1, 2); // Y3 = E(D - X3) - 8 Y^4 [4]
}

/** p = p + (x, y) for a finite p and coordinates of magnitude at most (6, 5): 8M + 3S. Where both are equal or opposite it leaves p and says so. `ratio` gets Z3/Z1. */
export function addMixed(p: usize, x: usize, y: usize, ratio: usize): i32 {
  square(t0, p + Z);
  multiply(t1, x, t0);
  multiply(t0, t0, p + Z);
  multiply(t0, y, t0); // S2
  subtract(t1, t1, p, 6); // H = U2 - X1 [8]
  subtract(t0, t0, p + Y, 4); // R = S2 - Y1 [6]
  copy(ratio, t1);
  normalize(ratio);
  if (isZero(ratio) != 0) {
    normalize(t0);
    return isZero(t0) != 0 ? EQUAL : OPPOSITE;
  }
  multiply(p + Z, p + Z, ratio);
  square(t2, ratio);
  multiply(t3, t2, ratio); // H^3
  multiply(t2, t2, p); // V = X1 H^2
  multiply(t4, p + Y, t3);
  square(t5, t0);
  subtract(t5, t5, t3, 1); // [3]
  add(t3, t2, t2);
  subtract(p, t5, t3, 2); // X3 = R^2 - H^3 - 2V [6]
  subtract(t2, t2, p, 6); // [8]
  multiply(t0, t0, t2);
  subtract(p + Y, t0, t4, 1); // Y3 = R(V - X3) - Y1 H^3 [3]
  return ADDED;
}

/** From x = X/Z, y = Y/Z, of magnitude at most (3, 4, 2). Infinity becomes (0, 0, 0). The same steps for all points. */
export function toJacobian(p: usize): void {
  multiply(p, p, p + Z);
  square(t0, p + Z);
  multiply(p + Y, p + Y, t0);
}

/** r, with x = X/Z and y = Y/Z, infinity as (0 : 1 : 0), from p. r may be p. The same steps for all points. */
export function fromJacobian(r: usize, p: usize): void {
  square(t0, p + Z);
  multiply(t0, t0, p + Z);
  normalize(t0);
  multiply(r, p, p + Z);
  set(t1, 1);
  copy(t2, p + Y);
  normalize(t2);
  select(r + Y, t2, t1, isZero(t0));
  copy(r + Z, t0);
}

/** p = (x, y). */
export function setAffine(p: usize, x: usize, y: usize): void {
  copy(p, x);
  copy(p + Y, y);
  set(p + Z, 1);
}
