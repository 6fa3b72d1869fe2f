// Sums of public multiples of points, in variable time: Straus's method over both halves of every scalar in width-5 non-adjacent form.
import { addPoints, copyPoint, double, setInfinity, Y, Z } from "./curve";
import { writeNonAdjacentForm } from "./digits";
import { copy, negate } from "./field";
import { multiply } from "./fieldProduct";
import { DIGITS, ENTRY, HALVES, NEXT, SUM, TABLE_BYTES, TABLES } from "./memory";
import { BETA, HALF_BYTES, split } from "./split";

const DIGIT_BYTES: usize = 160;

/** p, 3p, ..., 15p and, 1024 bytes on, their images under the endomorphism; negative where the half that they are for is. */
function writeOddMultiples(table: usize, p: usize, isFirstNegative: bool, isSecondNegative: bool): void {
  copyPoint(table, p);
  double(NEXT, p);
  for (let i: usize = 1; i < 8; i++) addPoints(table + (i << 7), table + ((i - 1) << 7), NEXT);
  for (let entry = table; entry < table + 1024; entry += 128) {
    const image = entry + 1024;
    multiply(image, entry, BETA);
    if (isSecondNegative) negate(image + Y, entry + Y, 2);
    else copy(image + Y, entry + Y);
    copy(image + Z, entry + Z);
    if (isFirstNegative) negate(entry + Y, entry + Y, 2);
  }
}

/** SUM = SUM + the odd multiple that the digit says. */
function addMultiple(table: usize, digit: i32): void {
  if (digit > 0) {
    addPoints(SUM, SUM, table + ((digit as usize >> 1) << 7));
    return;
  }
  copyPoint(ENTRY, table + (((-digit) as usize >> 1) << 7));
  negate(ENTRY + Y, ENTRY + Y, 3);
  addPoints(SUM, SUM, ENTRY);
}

/** r = the sum of k_j P_j for up to 16 points, 128 bytes apart, and as many public scalars, 32 bytes apart. */
export function sumPublic(r: usize, points: usize, scalars: usize, count: usize): void {
  memory.fill(DIGITS, 0, 2 * DIGIT_BYTES * count);
  let longest: i32 = 0;
  for (let j: usize = 0; j < count; j++) {
    const halves = HALVES + 2 * HALF_BYTES * j;
    const digits = DIGITS + 2 * DIGIT_BYTES * j;
    split(halves, scalars + (j << 5));
    longest = max(longest, writeNonAdjacentForm(digits, halves));
    longest = max(longest, writeNonAdjacentForm(digits + DIGIT_BYTES, halves + HALF_BYTES));
    writeOddMultiples(TABLES + j * TABLE_BYTES, points + (j << 7), load<u32>(halves, 32) != 0, load<u32>(halves, HALF_BYTES + 32) != 0);
  }
  setInfinity(SUM);
  for (let i = longest - 1; i >= 0; i--) {
    if (i != longest - 1) double(SUM, SUM);
    for (let j: usize = 0; j < count; j++) {
      const digits = DIGITS + 2 * DIGIT_BYTES * j + (i as usize);
      const table = TABLES + j * TABLE_BYTES;
      const first = load<i8>(digits) as i32;
      if (first != 0) addMultiple(table, first);
      const second = load<i8>(digits + DIGIT_BYTES) as i32;
      if (second != 0) addMultiple(table + 1024, second);
    }
  }
  copyPoint(r, SUM);
}
