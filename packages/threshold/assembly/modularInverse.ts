// Inverses modulo p and n, by D. J. Bernstein and B.-Y. Yang, "Fast constant-time gcd computation and modular inversion", TCHES 2019, in the form of
// libsecp256k1's modinv32 (P. Wuille, doc/safegcd_implementation.md): 600 division steps for inputs of 256 bits (590 are enough when delta begins at 1/2),
// in 20 batches of 30. A batch looks at the low 30 bits of f and g only, and gives a matrix that is applied to all of f, g, d and e.
//
// Numbers are nine signed limbs of 30 bits, 36 bytes. The bounds of these steps are those of that document: f and g stay in (-2^257, 2^257), d and e in
// (-2M, M), the matrix's entries at most 2^30, and a sum of three products of a limb and an entry below 2^63. The same steps for all values.
import { EUCLID } from "./memory";

const LIMBS: usize = 36;
const MASK: i32 = 0x3fffffff;

const F: usize = EUCLID;
const G: usize = EUCLID + 40;
const D: usize = EUCLID + 80;
const E: usize = EUCLID + 120;
/** The matrix (u v; q r), in units of 2^-30. */
const U: usize = EUCLID + 160;

/** p = 2^256 - 4 2^30 - 977 and its inverse modulo 2^30. */
const P = memory.data<i32>([-977, -4, 0, 0, 0, 0, 0, 0, 0x10000]);
const P_INVERSE: i32 = 0x2ddacacf;

/** n and its inverse modulo 2^30. */
const N = memory.data<i32>([0x10364141, 0x3f497a33, 0x348a03bb, 0x2bb739ab, -0x146, 0, 0, 0, 0x10000]);
const N_INVERSE: i32 = 0x2a774ec1;

/** Thirty division steps on the low limbs of f and g; writes the matrix and returns the next zeta = -(delta + 1/2). */
function divisionSteps(zeta: i32): i32 {
  let f = load<i32>(F);
  let g = load<i32>(G);
  let u: i32 = 1;
  let v: i32 = 0;
  let q: i32 = 0;
  let r: i32 = 1;
  for (let i = 0; i < 30; i++) {
    let swap = zeta >> 31; // delta > 0
    const odd = -(g & 1);
    // where g is odd: g + f, or g - f where delta > 0
    g += ((f ^ swap) - swap) & odd;
    q += ((u ^ swap) - swap) & odd;
    r += ((v ^ swap) - swap) & odd;
    // where both: f becomes the old g, and delta -delta
    swap &= odd;
    zeta = (zeta ^ swap) - 1;
    f += g & swap;
    u += q & swap;
    v += r & swap;
    g = ((g as u32) >> 1) as i32;
    u <<= 1;
    v <<= 1;
  }
  store<i32>(U, u);
  store<i32>(U, v, 4);
  store<i32>(U, q, 8);
  store<i32>(U, r, 12);
  return zeta;
}

/** (f, g) = matrix (f, g) / 2^30, without remainder. */
function updateFG(): void {
  const u = load<i32>(U) as i64;
  const v = load<i32>(U, 4) as i64;
  const q = load<i32>(U, 8) as i64;
  const r = load<i32>(U, 12) as i64;
  let f = load<i32>(F) as i64;
  let g = load<i32>(G) as i64;
  let cf = (u * f + v * g) >> 30;
  let cg = (q * f + r * g) >> 30;
  for (let i: usize = 4; i < LIMBS; i += 4) {
    f = load<i32>(F + i) as i64;
    g = load<i32>(G + i) as i64;
    cf += u * f + v * g;
    cg += q * f + r * g;
    store<i32>(F + i - 4, (cf as i32) & MASK);
    store<i32>(G + i - 4, (cg as i32) & MASK);
    cf >>= 30;
    cg >>= 30;
  }
  store<i32>(F, cf as i32, 32);
  store<i32>(G, cg as i32, 32);
}

/** (d, e) = matrix (d, e) / 2^30 modulo the modulus: multiples of it are added so that the low limbs become 0. */
function updateDE(modulus: usize, inverse: i32): void {
  const u = load<i32>(U);
  const v = load<i32>(U, 4);
  const q = load<i32>(U, 8);
  const r = load<i32>(U, 12);
  // once more where d or e is negative, so that the results stay in (-2M, M)
  const dSign = load<i32>(D, 32) >> 31;
  const eSign = load<i32>(E, 32) >> 31;
  let md = (u & dSign) + (v & eSign);
  let me = (q & dSign) + (r & eSign);
  let d = load<i32>(D) as i64;
  let e = load<i32>(E) as i64;
  let cd = (u as i64) * d + (v as i64) * e;
  let ce = (q as i64) * d + (r as i64) * e;
  md -= (inverse * (cd as i32) + md) & MASK;
  me -= (inverse * (ce as i32) + me) & MASK;
  let m = load<i32>(modulus) as i64;
  cd = (cd + m * (md as i64)) >> 30;
  ce = (ce + m * (me as i64)) >> 30;
  for (let i: usize = 4; i < LIMBS; i += 4) {
    d = load<i32>(D + i) as i64;
    e = load<i32>(E + i) as i64;
    m = load<i32>(modulus + i) as i64;
    cd += (u as i64) * d + (v as i64) * e + m * (md as i64);
    ce += (q as i64) * d + (r as i64) * e + m * (me as i64);
    store<i32>(D + i - 4, (cd as i32) & MASK);
    store<i32>(E + i - 4, (ce as i32) & MASK);
    cd >>= 30;
    ce >>= 30;
  }
  store<i32>(D, cd as i32, 32);
  store<i32>(E, ce as i32, 32);
}

/** d = d + modulus where d is negative, then limbs to 0..2^30 - 1 but the last. */
function addModulusWhereNegative(modulus: usize): void {
  const mask = load<i32>(D, 32) >> 31;
  for (let i: usize = 0; i < LIMBS; i += 4) store<i32>(D + i, load<i32>(D + i) + (load<i32>(modulus + i) & mask));
}

function carry(): void {
  let c: i32 = 0;
  for (let i: usize = 0; i < LIMBS - 4; i += 4) {
    c += load<i32>(D + i);
    store<i32>(D + i, c & MASK);
    c >>= 30;
  }
  store<i32>(D, load<i32>(D, 32) + c, 32);
}

/** r = 1/a modulo the modulus, 0 for 0, of words below it. */
function invertModulo(r: usize, a: usize, modulus: usize, inverse: i32): void {
  memory.copy(F, modulus, LIMBS);
  memory.fill(D, 0, 80); // d and e
  store<i32>(E, 1);
  // 30 bits of the word at a time: the limb at bit 30 i begins in the 32-bit limb before
  store<u32>(G, load<u32>(a) & (MASK as u32));
  for (let i: usize = 1; i < 8; i++) store<u32>(G + (i << 2), ((load<u64>(a + (i << 2) - 4) >> (32 - 2 * i)) as u32) & (MASK as u32));
  store<u32>(G, load<u32>(a, 28) >> 16, 32);
  let zeta: i32 = -1;
  for (let i = 0; i < 20; i++) {
    zeta = divisionSteps(zeta);
    updateDE(modulus, inverse);
    updateFG();
  }
  // f is 1 or -1 now (or the modulus, for 0), and d = f / a in (-2M, M)
  const sign = load<i32>(F, 32) >> 31;
  addModulusWhereNegative(modulus);
  for (let i: usize = 0; i < LIMBS; i += 4) store<i32>(D + i, (load<i32>(D + i) ^ sign) - sign);
  carry();
  addModulusWhereNegative(modulus);
  carry();
  for (let i: usize = 0; i < 8; i++) {
    const low = load<u32>(D + (i << 2)) as u64;
    const high = load<u32>(D + (i << 2), 4) as u64;
    store<u32>(r + (i << 2), ((low | (high << 30)) >> (2 * i)) as u32);
  }
}

/** r = 1/a modulo p, 0 for 0: words, a below p. */
export function invertModuloP(r: usize, a: usize): void {
  invertModulo(r, a, P, P_INVERSE);
}

/** r = 1/a modulo n, 0 for 0: words, a below n. r may be a. */
export function invertModuloN(r: usize, a: usize): void {
  invertModulo(r, a, N, N_INVERSE);
}
