// Points to affine form, several by one inversion (Montgomery's trick; Guide to Elliptic Curve Cryptography, algorithm 2.26).
// The same steps for all values, infinity too: its Z counts as 1, and its coordinates become 0.
import { toWord } from "./bytes";
import { isZero, copy, select, set } from "./field";
import { Y, Z } from "./curve";
import { invert } from "./fieldInverse";
import { multiply, normalize } from "./fieldProduct";
import { FORMULA, PRODUCTS } from "./memory";

const ONE: usize = FORMULA;
const INVERSE: usize = FORMULA + 40;
const OWN: usize = FORMULA + 80;
const ZERO: usize = FORMULA + 120;

/** Replaces up to 32 points, 128 bytes apart, by affine ones in normal form with Z = 1, infinity by (0 : 1 : 0). */
export function makeAffine(points: usize, count: usize): void {
  const end = points + (count << 7);
  set(ONE, 1);
  set(ZERO, 0);
  let product = PRODUCTS;
  for (let p = points; p < end; p += 128) {
    normalize(p + Z);
    select(OWN, p + Z, ONE, isZero(p + Z));
    if (p == points) copy(product, OWN);
    else multiply(product, product - 40, OWN);
    product += 40;
  }
  product -= 40;
  invert(INVERSE, product);
  for (let p = end - 128; p >= points; p -= 128) {
    const infinite = isZero(p + Z);
    if (p == points) copy(OWN, INVERSE);
    else {
      product -= 40;
      multiply(OWN, INVERSE, product); // 1 / Z of this point
      select(p + Z, p + Z, ONE, infinite);
      multiply(INVERSE, INVERSE, p + Z);
    }
    multiply(p, p, OWN);
    multiply(p + Y, p + Y, OWN);
    normalize(p);
    normalize(p + Y);
    select(p, p, ZERO, infinite);
    select(p + Y, p + Y, ONE, infinite);
    select(p + Z, ONE, ZERO, infinite);
  }
}

/** Makes the points affine and writes x and y of each, 64 bytes; 0 and 0 for infinity. */
export function writeAffine(words: usize, points: usize, count: usize): void {
  makeAffine(points, count);
  for (let p = points; p < points + (count << 7); p += 128) {
    set(ZERO, 0);
    select(OWN, p + Y, ZERO, isZero(p + Z));
    toWord(words, p);
    toWord(words + 32, OWN);
    words += 64;
  }
}
