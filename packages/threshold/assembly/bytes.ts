// A word is 32 bytes, little-endian: how integers below 2^256 enter and leave.
import { LIMB } from "./field";

/** A field element from a word below p: limbs of 26 bits. */
export function fromWord(r: usize, word: usize): void {
  const w0 = load<u64>(word, 0);
  const w1 = load<u64>(word, 8);
  const w2 = load<u64>(word, 16);
  const w3 = load<u64>(word, 24);
  store<u64>(r, (w0 & LIMB) | (((w0 >> 26) & LIMB) << 32), 0);
  store<u64>(r, (((w0 >> 52) | (w1 << 12)) & LIMB) | (((w1 >> 14) & LIMB) << 32), 8);
  store<u64>(r, (((w1 >> 40) | (w2 << 24)) & LIMB) | (((w2 >> 2) & LIMB) << 32), 16);
  store<u64>(r, ((w2 >> 28) & LIMB) | ((((w2 >> 54) | (w3 << 10)) & LIMB) << 32), 24);
  store<u64>(r, ((w3 >> 16) & LIMB) | ((w3 >> 42) << 32), 32);
}

/** The word of a normalised field element. */
export function toWord(word: usize, a: usize): void {
  const t2 = load<u32>(a, 8) as u64;
  const t4 = load<u32>(a, 16) as u64;
  const t7 = load<u32>(a, 28) as u64;
  store<u64>(word, (load<u32>(a, 0) as u64) | ((load<u32>(a, 4) as u64) << 26) | (t2 << 52), 0);
  store<u64>(word, (t2 >> 12) | ((load<u32>(a, 12) as u64) << 14) | (t4 << 40), 8);
  store<u64>(word, (t4 >> 24) | ((load<u32>(a, 20) as u64) << 2) | ((load<u32>(a, 24) as u64) << 28) | (t7 << 54), 16);
  store<u64>(word, (t7 >> 10) | ((load<u32>(a, 32) as u64) << 16) | ((load<u32>(a, 36) as u64) << 42), 24);
}
