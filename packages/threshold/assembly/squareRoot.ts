// Square roots as powers: the same 253 squarings and 13 multiplications for every value.
import { multiply, square } from "./fieldProduct";
import { CHAIN } from "./memory";

// x_k is a^(2^k - 1): k ones. The exponent (p + 1) / 4 is 223 ones, a zero, 22 ones, four zeros, two ones and two zeros.
const X2: usize = CHAIN;
const X3: usize = CHAIN + 40;
const X22: usize = CHAIN + 80;
const X44: usize = CHAIN + 120;
const X88: usize = CHAIN + 160;
const T: usize = CHAIN + 200;
const U: usize = CHAIN + 240;

/** r = a^(2^k), k >= 1. */
function squareTimes(r: usize, a: usize, k: i32): void {
  square(r, a);
  for (let i = 1; i < k; i++) square(r, r);
}

/**
 * r = a^((p+1)/4), a square root of a if a has one: p = 3 (mod 4). The caller squares it to see. a has magnitude at most 8 and is not in CHAIN.
 * Another addition chain would do; this is libsecp256k1's.
 */
export function squareRoot(r: usize, a: usize): void {
  square(T, a);
  multiply(X2, T, a);
  square(T, X2);
  multiply(X3, T, a);
  squareTimes(T, X3, 3);
  multiply(T, T, X3); // x6
  squareTimes(T, T, 3);
  multiply(T, T, X3); // x9
  squareTimes(T, T, 2);
  multiply(U, T, X2); // x11
  squareTimes(T, U, 11);
  multiply(X22, T, U);
  squareTimes(T, X22, 22);
  multiply(X44, T, X22);
  squareTimes(T, X44, 44);
  multiply(X88, T, X44);
  squareTimes(T, X88, 88);
  multiply(T, T, X88); // x176
  squareTimes(T, T, 44);
  multiply(T, T, X44); // x220
  squareTimes(T, T, 3);
  multiply(T, T, X3); // x223
  squareTimes(T, T, 23);
  multiply(T, T, X22);
  squareTimes(T, T, 6);
  multiply(T, T, X2);
  squareTimes(r, T, 2);
}
