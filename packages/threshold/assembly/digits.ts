// Scalars as signed digits.

/** Six bits of a scalar, from bit 5 window - 1 on (bit -1 is 0): what one Booth digit depends on. The address depends on the window only. */
@inline
function windowBits(scalar: usize, window: usize): u32 {
  if (window == 0) return (load<u32>(scalar) << 1) & 63;
  const from = 5 * (window as i32) - 1;
  return ((load<u64>(scalar + (((from >> 5) << 2) as usize)) >> ((from & 31) as u64)) as u32) & 63;
}

/**
 * The Booth digit of a window of 5 bits, -16..16: the sum of digit_i 32^i is the scalar (A. D. Booth 1951, modified as by MacSorley 1961).
 * It reads 8 bytes from the limb of its first bit on: there must be room beyond the scalar. The same steps for all values.
 */
@inline
export function boothDigit(scalar: usize, window: usize): i32 {
  const bits = windowBits(scalar, window);
  const sign: u32 = 0 - (bits >> 5);
  const magnitude = ((63 - bits) & sign) | (bits & ~sign);
  const rounded = (magnitude >> 1) + (magnitude & 1);
  return ((rounded ^ sign) - sign) as i32;
}

/** |digit|. */
@inline
export function absolute(digit: i32): i32 {
  const sign = digit >> 31;
  return (digit ^ sign) - sign;
}

/**
 * Writes the width-5 non-adjacent form of a public number below 2^128 - 16, as halves are: digits 0 or odd, -15..15, one byte each; returns how many.
 * (Guide to Elliptic Curve Cryptography, algorithm 3.35.) Variable time.
 */
export function writeNonAdjacentForm(digits: usize, number: usize): i32 {
  let low = load<u64>(number);
  let high = load<u64>(number, 8);
  let length: i32 = 0;
  while ((low | high) != 0) {
    let digit: i32 = 0;
    if (low & 1) {
      digit = (low & 31) as i32;
      if (digit >= 16) digit -= 32;
      const before = low;
      low -= digit as i64 as u64;
      if (digit < 0 && low < before) high += 1;
    }
    store<i8>(digits + length, digit as i8);
    length += 1;
    low = (low >> 1) | (high << 63);
    high >>= 1;
  }
  return length;
}
