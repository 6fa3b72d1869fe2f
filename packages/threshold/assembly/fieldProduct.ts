// Products of field elements, and carries.
import { LAST_LIMB, LIMB } from "./field";

// 2^260 modulo p, in limbs: 977 2^4 and 2^32 2^4 / 2^26
const R0: u64 = 15632;
const R1: u64 = 1024;

/**
 * r = ab for magnitudes whose product is at most 80; gives magnitude 1.
 *
 * Column k is the sum of a_i b_j with i + j = k. Columns 0 to 8 go through c, 9 to 18 through d. As 2^260 = 2^10 2^26 + 977 2^4 (mod p) in units of one
 * limb, each limb u of the upper half adds 15632 u to the column ten below and 1024 u to the one above that: one pass. (libsecp256k1, field_10x26.)
 */
export function multiply(r: usize, a: usize, b: usize): void {
  const a0 = load<u32>(a, 0) as u64;
  const a1 = load<u32>(a, 4) as u64;
  const a2 = load<u32>(a, 8) as u64;
  const a3 = load<u32>(a, 12) as u64;
  const a4 = load<u32>(a, 16) as u64;
  const a5 = load<u32>(a, 20) as u64;
  const a6 = load<u32>(a, 24) as u64;
  const a7 = load<u32>(a, 28) as u64;
  const a8 = load<u32>(a, 32) as u64;
  const a9 = load<u32>(a, 36) as u64;
  const b0 = load<u32>(b, 0) as u64;
  const b1 = load<u32>(b, 4) as u64;
  const b2 = load<u32>(b, 8) as u64;
  const b3 = load<u32>(b, 12) as u64;
  const b4 = load<u32>(b, 16) as u64;
  const b5 = load<u32>(b, 20) as u64;
  const b6 = load<u32>(b, 24) as u64;
  const b7 = load<u32>(b, 28) as u64;
  const b8 = load<u32>(b, 32) as u64;
  const b9 = load<u32>(b, 36) as u64;
  let c: u64 = 0;
  let u: u64 = 0;
  let d: u64 = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0;
  let t9: u64 = d & LIMB;
  d >>= 26;

  c += a0 * b0;
  d += a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  let t0: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b1 + a1 * b0;
  d += a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  let t1: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b2 + a1 * b1 + a2 * b0;
  d += a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + a9 * b3;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  let t2: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  d += a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + a9 * b4;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t3: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  d += a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t4: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  d += a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t5: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  d += a7 * b9 + a8 * b8 + a9 * b7;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t6: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  d += a8 * b9 + a9 * b8;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t7: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  d += a9 * b9;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t8: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  // what is left of the upper half, then everything from 2^256 on
  c += d * R0 + t9;
  t9 = c & LAST_LIMB;
  c >>= 22;
  c += d * (R1 << 4);
  d = c * 977 + t0;
  t0 = d & LIMB;
  d >>= 26;
  d += c * 64 + t1;
  t1 = d & LIMB;
  d >>= 26;
  t2 += d;

  store<u64>(r, t0 | (t1 << 32), 0);
  store<u64>(r, t2 | (t3 << 32), 8);
  store<u64>(r, t4 | (t5 << 32), 16);
  store<u64>(r, t6 | (t7 << 32), 24);
  store<u64>(r, t8 | (t9 << 32), 32);
}

/** r = a^2 for a of magnitude at most 8; gives magnitude 1. The columns of `multiply`, equal products once and doubled. */
export function square(r: usize, a: usize): void {
  const a0 = load<u32>(a, 0) as u64;
  const a1 = load<u32>(a, 4) as u64;
  const a2 = load<u32>(a, 8) as u64;
  const a3 = load<u32>(a, 12) as u64;
  const a4 = load<u32>(a, 16) as u64;
  const a5 = load<u32>(a, 20) as u64;
  const a6 = load<u32>(a, 24) as u64;
  const a7 = load<u32>(a, 28) as u64;
  const a8 = load<u32>(a, 32) as u64;
  const a9 = load<u32>(a, 36) as u64;
  let c: u64 = 0;
  let u: u64 = 0;
  let d: u64 = (a0 << 1) * a9 + (a1 << 1) * a8 + (a2 << 1) * a7 + (a3 << 1) * a6 + (a4 << 1) * a5;
  let t9: u64 = d & LIMB;
  d >>= 26;

  c += a0 * a0;
  d += (a1 << 1) * a9 + (a2 << 1) * a8 + (a3 << 1) * a7 + (a4 << 1) * a6 + a5 * a5;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  let t0: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a1;
  d += (a2 << 1) * a9 + (a3 << 1) * a8 + (a4 << 1) * a7 + (a5 << 1) * a6;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  let t1: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a2 + a1 * a1;
  d += (a3 << 1) * a9 + (a4 << 1) * a8 + (a5 << 1) * a7 + a6 * a6;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  let t2: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a3 + (a1 << 1) * a2;
  d += (a4 << 1) * a9 + (a5 << 1) * a8 + (a6 << 1) * a7;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t3: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a4 + (a1 << 1) * a3 + a2 * a2;
  d += (a5 << 1) * a9 + (a6 << 1) * a8 + a7 * a7;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t4: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a5 + (a1 << 1) * a4 + (a2 << 1) * a3;
  d += (a6 << 1) * a9 + (a7 << 1) * a8;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t5: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a6 + (a1 << 1) * a5 + (a2 << 1) * a4 + a3 * a3;
  d += (a7 << 1) * a9 + a8 * a8;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t6: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a7 + (a1 << 1) * a6 + (a2 << 1) * a5 + (a3 << 1) * a4;
  d += (a8 << 1) * a9;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t7: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  c += (a0 << 1) * a8 + (a1 << 1) * a7 + (a2 << 1) * a6 + (a3 << 1) * a5 + a4 * a4;
  d += a9 * a9;
  u = d & LIMB;
  d >>= 26;
  c += u * R0;
  const t8: u64 = c & LIMB;
  c >>= 26;
  c += u * R1;

  // what is left of the upper half, then everything from 2^256 on
  c += d * R0 + t9;
  t9 = c & LAST_LIMB;
  c >>= 22;
  c += d * (R1 << 4);
  d = c * 977 + t0;
  t0 = d & LIMB;
  d >>= 26;
  d += c * 64 + t1;
  t1 = d & LIMB;
  d >>= 26;
  t2 += d;

  store<u64>(r, t0 | (t1 << 32), 0);
  store<u64>(r, t2 | (t3 << 32), 8);
  store<u64>(r, t4 | (t5 << 32), 16);
  store<u64>(r, t6 | (t7 << 32), 24);
  store<u64>(r, t8 | (t9 << 32), 32);
}

/** r = 21a for a of magnitude at most 8, with carries; gives magnitude 1. 21 is b3 = 3b of the formulas in curve.ts, as b = 7. */
export function multiplyBy21(r: usize, a: usize): void {
  let t0 = (load<u32>(a, 0) as u64) * 21;
  let t1 = (load<u32>(a, 4) as u64) * 21;
  let t2 = (load<u32>(a, 8) as u64) * 21;
  let t3 = (load<u32>(a, 12) as u64) * 21;
  let t4 = (load<u32>(a, 16) as u64) * 21;
  let t5 = (load<u32>(a, 20) as u64) * 21;
  let t6 = (load<u32>(a, 24) as u64) * 21;
  let t7 = (load<u32>(a, 28) as u64) * 21;
  let t8 = (load<u32>(a, 32) as u64) * 21;
  let t9 = (load<u32>(a, 36) as u64) * 21;
  const x = t9 >> 22;
  t9 &= LAST_LIMB;
  t0 += x * 977;
  t1 += x << 6;
  t1 += t0 >> 26;
  t0 &= LIMB;
  t2 += t1 >> 26;
  t1 &= LIMB;
  t3 += t2 >> 26;
  t2 &= LIMB;
  t4 += t3 >> 26;
  t3 &= LIMB;
  t5 += t4 >> 26;
  t4 &= LIMB;
  t6 += t5 >> 26;
  t5 &= LIMB;
  t7 += t6 >> 26;
  t6 &= LIMB;
  t8 += t7 >> 26;
  t7 &= LIMB;
  t9 += t8 >> 26;
  t8 &= LIMB;
  store<u64>(r, t0 | (t1 << 32), 0);
  store<u64>(r, t2 | (t3 << 32), 8);
  store<u64>(r, t4 | (t5 << 32), 16);
  store<u64>(r, t6 | (t7 << 32), 24);
  store<u64>(r, t8 | (t9 << 32), 32);
}

/** r = r modulo p, in 0..p-1, for any r of magnitude at most 16. */
export function normalize(r: usize): void {
  let t0 = load<u32>(r, 0) as u64;
  let t1 = load<u32>(r, 4) as u64;
  let t2 = load<u32>(r, 8) as u64;
  let t3 = load<u32>(r, 12) as u64;
  let t4 = load<u32>(r, 16) as u64;
  let t5 = load<u32>(r, 20) as u64;
  let t6 = load<u32>(r, 24) as u64;
  let t7 = load<u32>(r, 28) as u64;
  let t8 = load<u32>(r, 32) as u64;
  let t9 = load<u32>(r, 36) as u64;
  // below 2^256 + something small
  let x = t9 >> 22;
  t9 &= LAST_LIMB;
  t0 += x * 977;
  t1 += x << 6;
  t1 += t0 >> 26;
  t0 &= LIMB;
  t2 += t1 >> 26;
  t1 &= LIMB;
  t3 += t2 >> 26;
  t2 &= LIMB;
  t4 += t3 >> 26;
  t3 &= LIMB;
  t5 += t4 >> 26;
  t4 &= LIMB;
  t6 += t5 >> 26;
  t5 &= LIMB;
  t7 += t6 >> 26;
  t6 &= LIMB;
  t8 += t7 >> 26;
  t7 &= LIMB;
  t9 += t8 >> 26;
  t8 &= LIMB;
  // one more p where the value is at least p: above 2^256, or all ones from the third limb on and the first two at least p's
  const ones = t2 & t3 & t4 & t5 & t6 & t7 & t8;
  const isAtLeastP = u64(t9 == LAST_LIMB) & u64(ones == LIMB) & u64(t1 + 0x40 + ((t0 + 977) >> 26) > LIMB);
  x = (t9 >> 22) | isAtLeastP;
  t0 += x * 977;
  t1 += x << 6;
  t1 += t0 >> 26;
  t0 &= LIMB;
  t2 += t1 >> 26;
  t1 &= LIMB;
  t3 += t2 >> 26;
  t2 &= LIMB;
  t4 += t3 >> 26;
  t3 &= LIMB;
  t5 += t4 >> 26;
  t4 &= LIMB;
  t6 += t5 >> 26;
  t5 &= LIMB;
  t7 += t6 >> 26;
  t6 &= LIMB;
  t8 += t7 >> 26;
  t7 &= LIMB;
  t9 += t8 >> 26;
  t8 &= LIMB;
  t9 &= LAST_LIMB;
  store<u64>(r, t0 | (t1 << 32), 0);
  store<u64>(r, t2 | (t3 << 32), 8);
  store<u64>(r, t4 | (t5 << 32), 16);
  store<u64>(r, t6 | (t7 << 32), 24);
  store<u64>(r, t8 | (t9 << 32), 32);
}
