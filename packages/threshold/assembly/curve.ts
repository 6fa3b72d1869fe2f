// y^2 = x^3 + 7 in homogeneous coordinates, x = X/Z and y = Y/Z; infinity is (0 : Y : 0). The complete formulas of Renes, Costello and Batina,
// "Complete addition formulas for prime order elliptic curves", EUROCRYPT 2016, for a = 0 and b3 = 3b = 21: equal, opposite and infinite points
// are no special cases. Names of temporaries as there (t5 is theirs too). In brackets: the magnitude of what was written.
//
// A point in memory has magnitudes of at most (3, 4, 2), what a formula gives (3, 2, 2): scripts/checks/kernel/limbBounds.ts.
import { add, copy, isZero, negate, set, subtract } from "./field";
import { multiply, multiplyBy21, normalize, square } from "./fieldProduct";
import { FORMULA } from "./memory";

const t0: usize = FORMULA;
const t1: usize = FORMULA + 40;
const t2: usize = FORMULA + 80;
const t3: usize = FORMULA + 120;
const t4: usize = FORMULA + 160;
const t5: usize = FORMULA + 200;
const t6: usize = FORMULA + 240;

/** The offsets of Y and Z. */
export const Y: usize = 40;
export const Z: usize = 80;

/** r = 2p. Algorithm 9: 6M + 2S + 1m. r may be p. */
export function double(r: usize, p: usize): void {
  square(t0, p + Y);
  add(t3, t0, t0);
  add(t3, t3, t3);
  add(t3, t3, t3); // Z3 = 8 Y^2 [8]
  multiply(t1, p + Y, p + Z);
  square(t2, p + Z);
  multiplyBy21(t2, t2);
  multiply(t4, p, p + Y);
  multiply(t5, t2, t3); // X3
  add(t6, t0, t2); // Y3 [2]
  multiply(r + Z, t1, t3);
  add(t1, t2, t2);
  add(t2, t1, t2); // [3]
  subtract(t0, t0, t2, 3); // [5]
  multiply(t6, t0, t6);
  add(r + Y, t5, t6); // [2]
  multiply(t5, t0, t4);
  add(r, t5, t5); // [2]
}

/** r = p + q. Algorithm 7: 12M + 2m. r may be p or q. */
export function addPoints(r: usize, p: usize, q: usize): void {
  multiply(t0, p, q);
  multiply(t1, p + Y, q + Y);
  multiply(t2, p + Z, q + Z);
  add(t3, p, p + Y);
  add(t4, q, q + Y);
  multiply(t3, t3, t4);
  add(t4, t0, t1);
  subtract(t3, t3, t4, 2); // X1 Y2 + X2 Y1 [4]
  add(t4, p + Y, p + Z);
  add(t5, q + Y, q + Z);
  multiply(t4, t4, t5);
  add(t5, t1, t2);
  subtract(t4, t4, t5, 2); // Y1 Z2 + Y2 Z1 [4]
  add(t5, p, p + Z);
  add(t6, q, q + Z);
  multiply(t5, t5, t6);
  add(t6, t0, t2);
  subtract(t6, t5, t6, 2); // X1 Z2 + X2 Z1 [4]
  finish(r);
}

/** r = p + q for an affine, finite q: x at q and y at q + 40. Algorithm 8: 11M + 2m. r may be p. */
export function addAffine(r: usize, p: usize, q: usize): void {
  multiply(t0, p, q);
  multiply(t1, p + Y, q + Y);
  add(t3, q, q + Y);
  add(t4, p, p + Y);
  multiply(t3, t3, t4);
  add(t4, t0, t1);
  subtract(t3, t3, t4, 2); // [4]
  multiply(t4, q + Y, p + Z);
  add(t4, t4, p + Y); // [5]
  multiply(t6, q, p + Z);
  add(t6, t6, p); // [4]
  copy(t2, p + Z);
  finish(r);
}

/** What algorithms 7 and 8 share: t0 = X1 X2, t1 = Y1 Y2, t2 = Z1 Z2, and t3, t4, t6 the mixed sums. */
@inline
function finish(r: usize): void {
  add(t5, t0, t0);
  add(t0, t5, t0); // 3 X1 X2 [3]
  multiplyBy21(t2, t2);
  add(t5, t1, t2); // [2]
  subtract(t1, t1, t2, 1); // [3]
  multiplyBy21(t6, t6);
  multiply(t2, t4, t6);
  multiply(r, t3, t1);
  subtract(r, r, t2, 1); // X3 [3]
  multiply(t6, t6, t0);
  multiply(t1, t1, t5);
  add(r + Y, t1, t6); // Y3 [2]
  multiply(t0, t0, t3);
  multiply(t5, t5, t4);
  add(r + Z, t5, t0); // Z3 [2]
}

/** r = p. */
export function copyPoint(r: usize, p: usize): void {
  copy(r, p);
  copy(r + Y, p + Y);
  copy(r + Z, p + Z);
}

/** r = infinity. */
export function setInfinity(r: usize): void {
  set(r, 0);
  set(r + Y, 1);
  set(r + Z, 0);
}

/** r = -p for a p that a formula gave. */
export function negatePoint(r: usize, p: usize): void {
  copy(r, p);
  negate(r + Y, p + Y, 2);
  copy(r + Z, p + Z);
}

/** 1 where p and q have the same x or one of them is infinity, else 0. */
export function haveEqualX(p: usize, q: usize): u32 {
  multiply(t0, p, q + Z);
  multiply(t1, q, p + Z);
  subtract(t0, t0, t1, 1);
  normalize(t0);
  return (isZero(t0) & 1) as u32;
}
