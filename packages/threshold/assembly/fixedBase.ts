// Multiples of points that are used often, without doublings: for each of 43 windows of 6 bits an affine table of 1 to 32 times 64^window P.
// (Brickell, Gordon, McCurley, Wilson, "Fast exponentiation with precomputation", EUROCRYPT 1992, with signed digits.)
import { makeAffine } from "./affine";
import { addAffine, addPoints, copyPoint, double, setInfinity, Y, Z } from "./curve";
import { absolute, boothDigit } from "./digits";
import { copy, negate, select } from "./field";
import { normalize } from "./fieldProduct";
import { ENTRY, NEXT, PADDED, SUM, WINDOW } from "./memory";
import { negateWhere } from "./secretSum";

const WIDTH: i32 = 6;
const WINDOWS: usize = 43;
const ENTRIES: usize = 32;

/** x and y. */
const ENTRY_BYTES: usize = 80;
const WINDOW_BYTES: usize = ENTRIES * ENTRY_BYTES;

/** Bytes of one table. */
export const FIXED_BYTES: usize = WINDOWS * WINDOW_BYTES;

/** Writes the table of a public, finite point. */
export function writeFixedTable(table: usize, p: usize): void {
  copyPoint(NEXT, p);
  for (let window: usize = 0; window < WINDOWS; window++) {
    copyPoint(WINDOW, NEXT);
    for (let i: usize = 1; i < ENTRIES; i++) addPoints(WINDOW + (i << 7), WINDOW + ((i - 1) << 7), NEXT);
    double(NEXT, WINDOW + ((ENTRIES - 1) << 7));
    makeAffine(WINDOW, ENTRIES);
    for (let i: usize = 0; i < ENTRIES; i++) {
      copy(table, WINDOW + (i << 7));
      copy(table + Y, WINDOW + (i << 7) + Y);
      table += ENTRY_BYTES;
    }
  }
}

/** A copy of the scalar with zeros beyond it, for `boothDigit`. */
function pad(scalar: usize): void {
  memory.copy(PADDED, scalar, 32);
  store<u64>(PADDED, 0, 32);
}

/** r = kP for a secret k and a table of P. All 32 entries of each window are read; the same steps for all values. */
export function multiplyFixedSecret(r: usize, table: usize, scalar: usize): void {
  pad(scalar);
  setInfinity(SUM);
  for (let window: usize = 0; window < WINDOWS; window++) {
    const digit = boothDigit(PADDED, window, WIDTH);
    const index = absolute(digit);
    let x0 = i64x2.splat(0);
    let x1 = x0;
    let x2 = x0;
    let x3 = x0;
    let x4 = x0;
    for (let i = 1; i <= (ENTRIES as i32); i++) {
      const mask = i64x2.splat((((i ^ index) - 1) >> 31) as i64);
      x0 = v128.or(x0, v128.and(mask, v128.load(table, 0)));
      x1 = v128.or(x1, v128.and(mask, v128.load(table, 16)));
      x2 = v128.or(x2, v128.and(mask, v128.load(table, 32)));
      x3 = v128.or(x3, v128.and(mask, v128.load(table, 48)));
      x4 = v128.or(x4, v128.and(mask, v128.load(table, 64)));
      table += ENTRY_BYTES;
    }
    v128.store(ENTRY, x0, 0);
    v128.store(ENTRY, x1, 16);
    v128.store(ENTRY, x2, 32);
    v128.store(ENTRY, x3, 48);
    v128.store(ENTRY, x4, 64);
    negateWhere(ENTRY + Y, (digit >> 31) as i64 as u64);
    // a digit 0 selected nothing, which is no point: then the sum stays as it was
    const isZeroDigit = ((index - 1) >> 31) as i64 as u64;
    addAffine(NEXT, SUM, ENTRY);
    select(SUM, NEXT, SUM, isZeroDigit);
    select(SUM + Y, NEXT + Y, SUM + Y, isZeroDigit);
    select(SUM + Z, NEXT + Z, SUM + Z, isZeroDigit);
  }
  // the bounds that limbBounds.ts derives of a selection are greater than those of what is selected
  for (let coordinate = SUM; coordinate <= SUM + Z; coordinate += 40) normalize(coordinate);
  copyPoint(r, SUM);
}

/** r = kP for a public k and a table of P. Variable time. */
export function multiplyFixedPublic(r: usize, table: usize, scalar: usize): void {
  pad(scalar);
  setInfinity(SUM);
  for (let window: usize = 0; window < WINDOWS; window++) {
    const digit = boothDigit(PADDED, window, WIDTH);
    if (digit == 0) continue;
    const entry = table + window * WINDOW_BYTES + ((absolute(digit) - 1) as usize) * ENTRY_BYTES;
    if (digit > 0) {
      addAffine(SUM, SUM, entry);
      continue;
    }
    copy(ENTRY, entry);
    negate(ENTRY + Y, entry + Y, 1);
    addAffine(SUM, SUM, ENTRY);
  }
  copyPoint(r, SUM);
}
