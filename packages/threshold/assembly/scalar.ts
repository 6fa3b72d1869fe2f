// Integers modulo n, the order of the group: eight limbs of 32 bits, little-endian, as a word has them. Inputs are below n where nothing else is said,
// results always are. Every function takes the same steps for all values.
import { INTEGERS } from "./memory";

// n, and 2^256 - n, which has 129 bits
const N = memory.data<u32>([0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff]);
const C0: u64 = 0x2fc9bebf;
const C1: u64 = 0x402da173;
const C2: u64 = 0x50b75fc4;
const C3: u64 = 0x45512319;

const WIDE: usize = INTEGERS; // 64 bytes and 8 of room
const FOLDED: usize = INTEGERS + 72;
const SPARE: usize = INTEGERS + 144;

/** r = ab, 64 bytes, for any words a and b. r is neither. */
export function multiplyWide(r: usize, a: usize, b: usize): void {
  memory.fill(r, 0, 32);
  for (let i: usize = 0; i < 32; i += 4) {
    const x = load<u32>(a + i) as u64;
    let c: u64 = 0;
    for (let j: usize = 0; j < 32; j += 4) {
      c += x * (load<u32>(b + j) as u64) + (load<u32>(r + i + j) as u64);
      store<u32>(r + i + j, c as u32);
      c >>= 32;
    }
    store<u32>(r + i, c as u32, 32);
  }
}

/** r = a - b for words, modulo 2^256; returns all ones where a < b, else 0. */
export function subtractWord(r: usize, a: usize, b: usize): u32 {
  let c: i64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    c += (load<u32>(a + i) as i64) - (load<u32>(b + i) as i64);
    store<u32>(r + i, c as u32);
    c >>= 32;
  }
  return c as u32;
}

/** 1 where a word is in 1..n-1, else 0. */
export function isNonZeroScalar(a: usize): u32 {
  const isBelow = subtractWord(SPARE, a, N);
  let any: u32 = 0;
  for (let i: usize = 0; i < 32; i += 4) any |= load<u32>(a + i);
  return isBelow & ((any | (0 - any)) >> 31);
}

/** r = r - n where r is at least n or `over` is all ones (a bit beyond r's 256); r < 2n. */
function subtractOrder(r: usize, over: u32): void {
  const keep = subtractWord(SPARE, r, N) & ~over;
  for (let i: usize = 0; i < 32; i += 4) store<u32>(r + i, (load<u32>(r + i) & keep) | (load<u32>(SPARE + i) & ~keep));
}

/** r = the low 256 bits of `wide` + (2^256 modulo n) times the `above` limbs above them; r gets `total` limbs, as many as the caller knows to be enough. */
function fold(r: usize, wide: usize, above: usize, total: usize): void {
  memory.copy(r, wide, 32);
  memory.fill(r + 32, 0, 4 * total - 32);
  for (let i: usize = 0; i < 4 * above; i += 4) {
    const x = load<u32>(wide + i, 32) as u64;
    let c: u64 = x * C0 + (load<u32>(r + i) as u64);
    store<u32>(r + i, c as u32);
    c = (c >> 32) + x * C1 + (load<u32>(r + i, 4) as u64);
    store<u32>(r + i, c as u32, 4);
    c = (c >> 32) + x * C2 + (load<u32>(r + i, 8) as u64);
    store<u32>(r + i, c as u32, 8);
    c = (c >> 32) + x * C3 + (load<u32>(r + i, 12) as u64);
    store<u32>(r + i, c as u32, 12);
    c = (c >> 32) + x + (load<u32>(r + i, 16) as u64); // the fifth limb of 2^256 - n is 1
    store<u32>(r + i, c as u32, 16);
    c >>= 32;
    for (let j: usize = i + 20; j < 4 * total; j += 4) {
      c += load<u32>(r + j) as u64;
      store<u32>(r + j, c as u32);
      c >>= 32;
    }
  }
}

/** r = wide modulo n for 64 bytes at `wide`, any value. */
export function reduceWide(r: usize, wide: usize): void {
  fold(FOLDED, wide, 8, 13); // below 2^386
  fold(WIDE, FOLDED, 5, 9); // below 2^260
  fold(FOLDED, WIDE, 1, 9); // below 2^256 + 2^133: less than 2n
  const over = 0 - load<u32>(FOLDED, 32);
  memory.copy(r, FOLDED, 32);
  subtractOrder(r, over);
}

/** r = ab for any words a and b. */
export function multiplyScalars(r: usize, a: usize, b: usize): void {
  multiplyWide(WIDE, a, b);
  reduceWide(r, WIDE);
}

/** r = a + b. */
export function addScalars(r: usize, a: usize, b: usize): void {
  let c: u64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    c += (load<u32>(a + i) as u64) + (load<u32>(b + i) as u64);
    store<u32>(r + i, c as u32);
    c >>= 32;
  }
  subtractOrder(r, 0 - (c as u32));
}

/** r = -a, and 0 for 0. */
export function negateScalar(r: usize, a: usize): void {
  let any: u32 = 0;
  for (let i: usize = 0; i < 32; i += 4) any |= load<u32>(a + i);
  const mask = 0 - ((any | (0 - any)) >> 31);
  subtractWord(r, N, a);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(r + i, load<u32>(r + i) & mask);
}
