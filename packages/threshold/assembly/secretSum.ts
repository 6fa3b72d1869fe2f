// Sums of secret multiples of points: Straus's method over both halves of every scalar, fixed windows of 5 bits with signed digits, tables read whole,
// an addition for every digit, 0 too. The sequence of operations and of addresses depends on the number of points alone.
import { absolute, boothDigit } from "./digits";
import { addPoints, copyPoint, double, setInfinity, Y } from "./curve";
import { negate, select } from "./field";
import { doubleJacobian, fromJacobian, toJacobian } from "./jacobian";
import { multiply } from "./fieldProduct";
import { ENTRY, FORMULA, HALVES, SUM, TABLE_BYTES, TABLES } from "./memory";
import { BETA, HALF_BYTES, split } from "./split";

/** Windows of a half: 26 x 5 bits. */
const WINDOWS: usize = 26;

/** 0, p, 2p, ..., 16p, 128 bytes each. */
function writeMultiples(table: usize, p: usize): void {
  setInfinity(table);
  copyPoint(table + 128, p);
  for (let i: usize = 2; i <= 16; i++) {
    if (i & 1) addPoints(table + (i << 7), table + ((i - 1) << 7), p);
    else double(table + (i << 7), table + ((i >> 1) << 7));
  }
}

/** y = -y where mask is all ones; y of magnitude at most 2. */
@inline
export function negateWhere(y: usize, mask: u64): void {
  negate(FORMULA, y, 2);
  select(y, y, FORMULA, mask);
}

/** ENTRY = the entry of the digit, negative where exactly one of digit and sign is. All 17 entries are read. */
function selectEntry(table: usize, digit: i32, sign: i32): void {
  const index = absolute(digit);
  let x0 = i64x2.splat(0);
  let x1 = x0;
  let x2 = x0;
  let x3 = x0;
  let x4 = x0;
  let x5 = x0;
  let x6 = x0;
  let x7 = x0;
  for (let i = 0; i <= 16; i++) {
    const mask = i64x2.splat((((i ^ index) - 1) >> 31) as i64);
    x0 = v128.or(x0, v128.and(mask, v128.load(table, 0)));
    x1 = v128.or(x1, v128.and(mask, v128.load(table, 16)));
    x2 = v128.or(x2, v128.and(mask, v128.load(table, 32)));
    x3 = v128.or(x3, v128.and(mask, v128.load(table, 48)));
    x4 = v128.or(x4, v128.and(mask, v128.load(table, 64)));
    x5 = v128.or(x5, v128.and(mask, v128.load(table, 80)));
    x6 = v128.or(x6, v128.and(mask, v128.load(table, 96)));
    x7 = v128.or(x7, v128.and(mask, v128.load(table, 112)));
    table += 128;
  }
  v128.store(ENTRY, x0, 0);
  v128.store(ENTRY, x1, 16);
  v128.store(ENTRY, x2, 32);
  v128.store(ENTRY, x3, 48);
  v128.store(ENTRY, x4, 64);
  v128.store(ENTRY, x5, 80);
  v128.store(ENTRY, x6, 96);
  v128.store(ENTRY, x7, 112);
  negateWhere(ENTRY + Y, ((digit >> 31) ^ sign) as i64 as u64);
}

/** Writes the tables of up to 4 points, 128 bytes apart. They stay until the next public or secret sum writes its own. */
export function writeSecretTables(points: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) writeMultiples(TABLES + j * TABLE_BYTES, points + (j << 7));
}

/** r = the sum of k_j P_j for the points whose tables were written last, as many secret scalars, 32 bytes apart. */
export function sumOverTables(r: usize, scalars: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) split(HALVES + 2 * HALF_BYTES * j, scalars + (j << 5));
  setInfinity(SUM);
  for (let window = WINDOWS; window-- > 0; ) {
    if (window != WINDOWS - 1) {
      toJacobian(SUM);
      for (let i = 0; i < 5; i++) doubleJacobian(SUM);
      fromJacobian(SUM, SUM);
    }
    for (let j: usize = 0; j < count; j++) {
      const table = TABLES + j * TABLE_BYTES;
      const first = HALVES + 2 * HALF_BYTES * j;
      const second = first + HALF_BYTES;
      selectEntry(table, boothDigit(first, window, 5), load<i32>(first, 32));
      addPoints(SUM, SUM, ENTRY);
      selectEntry(table, boothDigit(second, window, 5), load<i32>(second, 32));
      multiply(ENTRY, ENTRY, BETA);
      addPoints(SUM, SUM, ENTRY);
    }
  }
  copyPoint(r, SUM);
}

/** r = the sum of k_j P_j for up to 4 points, 128 bytes apart, and as many secret scalars, 32 bytes apart. */
export function sumSecret(r: usize, points: usize, scalars: usize, count: usize): void {
  writeSecretTables(points, count);
  sumOverTables(r, scalars, count);
}
