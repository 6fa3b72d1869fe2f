// Sums of public multiples of points, in variable time: Straus's method over both halves of every scalar in width-5 non-adjacent form.
//
// Tables are affine without an inversion: each point is added to its double's affine form on an isomorphic curve, and all entries of all points are
// brought to one Z afterwards, which the sum is multiplied by at the end (P. Wuille's way in libsecp256k1, ecmult_impl.h).
import { copyPoint, setInfinity, Y, Z } from "./curve";
import { absolute, writeNonAdjacentForm } from "./digits";
import { copy, isZero, negate, set } from "./field";
import { multiply, normalize, square } from "./fieldProduct";
import { addMixed, doubleJacobian, EQUAL, fromJacobian, OPPOSITE, setAffine, toJacobian } from "./jacobian";
import { DIGITS, ENTRY, HALVES, NEXT, SUM, TABLE_BYTES, TABLES } from "./memory";
import { BETA, HALF_BYTES, split } from "./split";

const DIGIT_BYTES: usize = 160;

/** Of an entry: x, y, and beta x in the end; before that the ratio of its Z to that of the entry before. */
const RATIO: usize = 80;

const ZS: usize = ENTRY;
const ZS_POWER: usize = ENTRY + 40;
/** The Z that all entries before have in common. */
const COMMON: usize = ENTRY + 80;

/** x = x ZS^2 and y = y ZS^3. */
function scale(x: usize, y: usize): void {
  square(ZS_POWER, ZS);
  multiply(x, x, ZS_POWER);
  multiply(ZS_POWER, ZS_POWER, ZS);
  multiply(y, y, ZS_POWER);
}

/** p, 3p, ... for the finite Jacobian point at NEXT, x and y on a curve where Z is left out, and the ratios of those Z. COMMON becomes the last one. */
function writeOddMultiples(table: usize, isFirst: bool, entries: usize): void {
  if (!isFirst) {
    copy(ZS, COMMON);
    scale(NEXT, NEXT + Y);
  }
  copy(table + RATIO, NEXT + Z); // the first's Z, without COMMON
  if (!isFirst) multiply(NEXT + Z, NEXT + Z, COMMON);
  copyPoint(SUM, NEXT);
  doubleJacobian(SUM); // (x, y) is affine on the curve where the double's Z is left out
  copy(ZS, SUM + Z);
  scale(NEXT, NEXT + Y);
  multiply(table + RATIO, table + RATIO, ZS);
  copy(table, NEXT);
  copy(table + Y, NEXT + Y);
  for (let i: usize = 1; i < entries; i++) {
    table += 128;
    addMixed(NEXT, SUM, SUM + Y, table + RATIO); // never equal or opposite: the order of the group is a great prime
    copy(table, NEXT);
    copy(table + Y, NEXT + Y);
  }
  multiply(COMMON, NEXT + Z, ZS);
}

/** All entries of `count` tables to the Z of the last, and their images under the endomorphism. */
function shareZ(count: usize, entries: usize): void {
  let isLast = true;
  for (let j = count; j-- > 0; ) {
    for (let i = entries; i-- > 0; ) {
      const entry = TABLES + j * TABLE_BYTES + (i << 7);
      if (isLast) copy(ZS, entry + RATIO);
      else {
        scale(entry, entry + Y);
        multiply(ZS, ZS, entry + RATIO);
      }
      isLast = false;
      multiply(entry + RATIO, entry, BETA);
    }
  }
}

/** SUM = SUM + the multiple that the digit says, or its image; returns whether the sum is infinite, as it was before if `isInfinite`. */
function addMultiple(table: usize, x: usize, digit: i32, isInfinite: bool): bool {
  const entry = table + (((digit < 0 ? -digit : digit) as usize >> 1) << 7);
  let y = entry + Y;
  if (digit < 0) {
    negate(NEXT, y, 4);
    y = NEXT;
  }
  if (isInfinite) {
    setAffine(SUM, entry + x, y);
    return false;
  }
  const found = addMixed(SUM, entry + x, y, NEXT + Y);
  if (found == OPPOSITE) return true;
  if (found == EQUAL) doubleJacobian(SUM);
  return false;
}

/** NEXT = p; false where it is infinity, which adds nothing. */
function takeFinite(p: usize): bool {
  copyPoint(NEXT, p);
  normalize(NEXT + Z);
  return isZero(NEXT + Z) == 0;
}

/** How many odd multiples the digits want of a point, 1 to 8: small scalars, as combining has them, want few. */
function neededEntries(count: usize, longest: i32): usize {
  let greatest: i32 = 1;
  for (let digits = DIGITS; digits < DIGITS + 2 * DIGIT_BYTES * count; digits += DIGIT_BYTES) {
    for (let i: usize = 0; i < (longest as usize); i++) greatest = max(greatest, absolute(load<i8>(digits + i) as i32));
  }
  return (((greatest as usize) >> 1) + 1) as usize;
}

/** r = the sum of k_j P_j for up to 16 points, 128 bytes apart, and as many public scalars, 32 bytes apart. */
export function sumPublic(r: usize, points: usize, scalars: usize, count: usize): void {
  memory.fill(DIGITS, 0, 2 * DIGIT_BYTES * count);
  let longest: i32 = 0;
  let used: usize = 0;
  for (let j: usize = 0; j < count; j++) {
    if (!takeFinite(points + (j << 7))) continue;
    const halves = HALVES + 2 * HALF_BYTES * used;
    const digits = DIGITS + 2 * DIGIT_BYTES * used;
    split(halves, scalars + (j << 5));
    longest = max(longest, writeNonAdjacentForm(digits, halves));
    longest = max(longest, writeNonAdjacentForm(digits + DIGIT_BYTES, halves + HALF_BYTES));
    used += 1;
  }
  if (longest == 0) {
    setInfinity(r);
    return;
  }
  const entries = neededEntries(used, longest);
  used = 0;
  for (let j: usize = 0; j < count; j++) {
    if (!takeFinite(points + (j << 7))) continue;
    toJacobian(NEXT);
    writeOddMultiples(TABLES + used * TABLE_BYTES, used == 0, entries);
    used += 1;
  }
  shareZ(used, entries);
  let isInfinite = true;
  for (let i = longest - 1; i >= 0; i--) {
    if (!isInfinite) doubleJacobian(SUM);
    for (let j: usize = 0; j < used; j++) {
      const halves = HALVES + 2 * HALF_BYTES * j;
      const digits = DIGITS + 2 * DIGIT_BYTES * j + (i as usize);
      const table = TABLES + j * TABLE_BYTES;
      const first = load<i8>(digits) as i32;
      if (first != 0) isInfinite = addMultiple(table, 0, load<u32>(halves, 32) != 0 ? -first : first, isInfinite);
      const second = load<i8>(digits + DIGIT_BYTES) as i32;
      if (second != 0) isInfinite = addMultiple(table, RATIO, load<u32>(halves, HALF_BYTES + 32) != 0 ? -second : second, isInfinite);
    }
  }
  if (isInfinite) {
    setInfinity(r);
    return;
  }
  multiply(SUM + Z, SUM + Z, COMMON);
  fromJacobian(r, SUM);
}
