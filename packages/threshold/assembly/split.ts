// The endomorphism (x, y) -> (beta x, y) is multiplication by lambda, so that kP = k1 P + k2 (lambda P) with halves of 128 bits
// (Gallant, Lambert, Vanstone, "Faster point multiplication on elliptic curves with efficient endomorphisms", CRYPTO 2001).
//
// (a1, b1) and (a2, b2) are short vectors with a + b lambda = 0 (mod n), from the extended Euclidean algorithm on n and lambda, b2 = a1
// (Guide to Elliptic Curve Cryptography, algorithm 3.74). Then k1 = k - c1 a1 - c2 a2 and k2 = -c1 b1 - c2 b2 with c1 = round(b2 k / n) and
// c2 = round(-b1 k / n), here by g1 = round(2^384 b2 / n) and g2 = round(2^384 (-b1) / n). kernel/split.test.ts derives all of them.
import { multiplyWide, subtractWord } from "./scalar";
import { INTEGERS } from "./memory";

/** beta, a cube root of 1 modulo p: a field element. */
export const BETA = memory.data<u32>([0x19501ee, 0x25b0a1c, 0x995c13, 0x1d44bd6, 0x19cf049, 0x30d0d3a, 0x24479ea, 0x1c41b9, 0x22b657c, 0x1eba5a]);

const G1 = memory.data<u32>([0x45dbb031, 0xe893209a, 0x71e8ca7f, 0x3daa8a14, 0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221]);
const G2 = memory.data<u32>([0x8ac47f71, 0x1571b4ae, 0x9df506c6, 0x221208ac, 0xabfe4c4, 0x6f547fa9, 0x10e8828, 0xe4437ed6]);
const A1 = memory.data<u32>([0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221, 0x0, 0x0, 0x0, 0x0]); // and b2
const MINUS_B1 = memory.data<u32>([0xabfe4c3, 0x6f547fa9, 0x10e8828, 0xe4437ed6, 0x0, 0x0, 0x0, 0x0]);
const A2 = memory.data<u32>([0x9d44cfd8, 0x57c1108d, 0xa8e2f3f6, 0x14ca50f7, 0x1, 0x0, 0x0, 0x0]);

const PRODUCT: usize = INTEGERS + 256; // 64 bytes
const C1: usize = INTEGERS + 320;
const C2: usize = INTEGERS + 352;
const REST: usize = INTEGERS + 384;

/** A half: 32 bytes of |k_i|, then 0 or all ones (32 bits) where it is negative, then 4 unused bytes. The second half follows the first. */
export const HALF_BYTES: usize = 40;

/** Writes both halves of the scalar k to r, 80 bytes. Both are below 2^127.4, half of a1 + a2 and one. The same steps for all values. */
export function split(r: usize, k: usize): void {
  multiplyWide(PRODUCT, k, G1);
  roundShift384(C1);
  multiplyWide(PRODUCT, k, G2);
  roundShift384(C2);
  multiplyWide(PRODUCT, C1, A1);
  subtractWord(REST, k, PRODUCT);
  multiplyWide(PRODUCT, C2, A2);
  subtractWord(r, REST, PRODUCT);
  multiplyWide(PRODUCT, C1, MINUS_B1);
  memory.copy(REST, PRODUCT, 32);
  multiplyWide(PRODUCT, C2, A1);
  subtractWord(r + HALF_BYTES, REST, PRODUCT);
  makePositive(r);
  makePositive(r + HALF_BYTES);
}

/** c = round(PRODUCT / 2^384). */
function roundShift384(c: usize): void {
  let carry = (load<u32>(PRODUCT, 44) >> 31) as u64;
  for (let i: usize = 0; i < 16; i += 4) {
    carry += load<u32>(PRODUCT + i, 48) as u64;
    store<u32>(c + i, carry as u32);
    carry >>= 32;
  }
  store<u64>(c, carry, 16);
  store<u64>(c, 0, 24);
}

/** a = |a| of a number in two's complement, and its sign at a + 32. */
function makePositive(a: usize): void {
  const mask: u32 = 0 - (load<u32>(a, 28) >> 31);
  let c = (mask & 1) as u64;
  for (let i: usize = 0; i < 32; i += 4) {
    c += (load<u32>(a + i) ^ mask) as u64;
    store<u32>(a + i, c as u32);
    c >>= 32;
  }
  store<u32>(a, mask, 32);
  store<u32>(a, 0, 36);
}
