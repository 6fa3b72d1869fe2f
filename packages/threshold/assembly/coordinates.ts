// Points from coordinates.
import { fromWord } from "./bytes";
import { Y, Z } from "./curve";
import { add, isZero, negate, set, subtract } from "./field";
import { squareRoot } from "./squareRoot";
import { multiply, normalize, square } from "./fieldProduct";
import { FORMULA } from "./memory";

const CUBE: usize = FORMULA;
const CHECK: usize = FORMULA + 40;
const SEVEN: usize = FORMULA + 80;

/** The point of three words X, Y, Z, each below p. Whether it is on the curve is not looked at. */
export function readPoint(p: usize, words: usize): void {
  fromWord(p, words);
  fromWord(p + Y, words + 32);
  fromWord(p + Z, words + 64);
}

/** The point with this x, a word below p, and a y that is odd iff `isOdd` is 1; returns 1, or 0 where no point has this x. Public. */
export function decompress(p: usize, word: usize, isOdd: u32): u32 {
  fromWord(p, word);
  square(CUBE, p);
  multiply(CUBE, CUBE, p);
  set(SEVEN, 7);
  add(CUBE, CUBE, SEVEN);
  squareRoot(p + Y, CUBE);
  square(CHECK, p + Y);
  subtract(CHECK, CHECK, CUBE, 2);
  normalize(CHECK);
  normalize(p + Y);
  if ((load<u32>(p + Y) & 1) != isOdd) {
    negate(p + Y, p + Y, 1);
    normalize(p + Y);
  }
  set(p + Z, 1);
  return (isZero(CHECK) & 1) as u32;
}
