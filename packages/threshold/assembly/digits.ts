// Scalars as signed digits.

/** width + 1 bits of a scalar, from bit width window - 1 on (bit -1 is 0): what one Booth digit depends on. The address depends on the window only. */
@inline
function windowBits(scalar: usize, window: usize, width: i32): u32 {
  const mask: u32 = (2 << width) - 1;
  if (window == 0) return (load<u32>(scalar) << 1) & mask;
  const from = width * (window as i32) - 1;
  return ((load<u64>(scalar + (((from >> 5) << 2) as usize)) >> ((from & 31) as u64)) as u32) & mask;
}

/**
 * The Booth digit of a window of `width` bits, a constant, from -2^(width-1) to 2^(width-1): the sum of digit_i 2^(width i) is the scalar
 * (A. D. Booth 1951, as modified by MacSorley 1961). It reads 8 bytes from the limb of its first bit on: there must be room beyond the scalar.
 * The same steps for all values.
 */
@inline
export function boothDigit(scalar: usize, window: usize, width: i32): i32 {
  const bits = windowBits(scalar, window, width);
  const sign: u32 = 0 - (bits >> width);
  const magnitude = ((((2 << width) - 1) - bits) & sign) | (bits & ~sign);
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
