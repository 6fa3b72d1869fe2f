// The field of p = 2^256 - 2^32 - 977: ten limbs of 26 bits (the last of 22), 40 bytes, two limbs in each 64-bit word.
//
// Sums are lazy. An element has magnitude m when its limbs are at most 2m(2^26 - 1), the last at most 2m(2^22 - 1), as in libsecp256k1's
// field_10x26. Products take magnitudes whose product is at most 80 and give magnitude 1. scripts/checks/kernel/limbBounds.ts derives the bounds
// of every formula from the built code: no limb leaves its 32 bits, no sum of products its 64.
// Every function here takes the same steps for all values.

// p, two limbs at a time
const P01: u64 = 0x03ffffbf03fffc2f;
const P23: u64 = 0x03ffffff03ffffff;
const P89: u64 = 0x003fffff03ffffff;

/** The mask of one limb. */
export const LIMB: u64 = 0x3ffffff;

/** The mask of the last limb. */
export const LAST_LIMB: u64 = 0x3fffff;

/** r = a. */
@inline
export function copy(r: usize, a: usize): void {
  store<u64>(r, load<u64>(a, 0), 0);
  store<u64>(r, load<u64>(a, 8), 8);
  store<u64>(r, load<u64>(a, 16), 16);
  store<u64>(r, load<u64>(a, 24), 24);
  store<u64>(r, load<u64>(a, 32), 32);
}

/** r = v for v < 2^26. */
@inline
export function set(r: usize, v: u64): void {
  store<u64>(r, v, 0);
  store<u64>(r, 0, 8);
  store<u64>(r, 0, 16);
  store<u64>(r, 0, 24);
  store<u64>(r, 0, 32);
}

/** r = a + b; magnitudes add up. */
@inline
export function add(r: usize, a: usize, b: usize): void {
  store<u64>(r, load<u64>(a, 0) + load<u64>(b, 0), 0);
  store<u64>(r, load<u64>(a, 8) + load<u64>(b, 8), 8);
  store<u64>(r, load<u64>(a, 16) + load<u64>(b, 16), 16);
  store<u64>(r, load<u64>(a, 24) + load<u64>(b, 24), 24);
  store<u64>(r, load<u64>(a, 32) + load<u64>(b, 32), 32);
}

/** r = -b = 2(m+1)p - b for b of magnitude at most m, a constant; gives m + 1. */
@inline
export function negate(r: usize, b: usize, m: u64): void {
  store<u64>(r, P01 * (2 * (m + 1)) - load<u64>(b, 0), 0);
  store<u64>(r, P23 * (2 * (m + 1)) - load<u64>(b, 8), 8);
  store<u64>(r, P23 * (2 * (m + 1)) - load<u64>(b, 16), 16);
  store<u64>(r, P23 * (2 * (m + 1)) - load<u64>(b, 24), 24);
  store<u64>(r, P89 * (2 * (m + 1)) - load<u64>(b, 32), 32);
}

/** r = a - b = a + 2(m+1)p - b for b of magnitude at most m, a constant; adds m + 1 to a's. */
@inline
export function subtract(r: usize, a: usize, b: usize, m: u64): void {
  store<u64>(r, load<u64>(a, 0) + (P01 * (2 * (m + 1)) - load<u64>(b, 0)), 0);
  store<u64>(r, load<u64>(a, 8) + (P23 * (2 * (m + 1)) - load<u64>(b, 8)), 8);
  store<u64>(r, load<u64>(a, 16) + (P23 * (2 * (m + 1)) - load<u64>(b, 16)), 16);
  store<u64>(r, load<u64>(a, 24) + (P23 * (2 * (m + 1)) - load<u64>(b, 24)), 24);
  store<u64>(r, load<u64>(a, 32) + (P89 * (2 * (m + 1)) - load<u64>(b, 32)), 32);
}

/** r = mask ? b : a for a mask of 64 equal bits. */
@inline
export function select(r: usize, a: usize, b: usize, mask: u64): void {
  store<u64>(r, (load<u64>(a, 0) & ~mask) | (load<u64>(b, 0) & mask), 0);
  store<u64>(r, (load<u64>(a, 8) & ~mask) | (load<u64>(b, 8) & mask), 8);
  store<u64>(r, (load<u64>(a, 16) & ~mask) | (load<u64>(b, 16) & mask), 16);
  store<u64>(r, (load<u64>(a, 24) & ~mask) | (load<u64>(b, 24) & mask), 24);
  store<u64>(r, (load<u64>(a, 32) & ~mask) | (load<u64>(b, 32) & mask), 32);
}

/** All ones where a normalised element is 0, else 0. */
@inline
export function isZero(a: usize): u64 {
  const any = load<u64>(a, 0) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24) | load<u64>(a, 32);
  return ((any | (0 - any)) >> 63) - 1;
}
