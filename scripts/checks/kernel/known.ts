// What instructions make of values that are known, as unsigned integers.

const signed = (value: bigint, bits: number): bigint => BigInt.asIntN(bits, value);
const bit = (is: boolean): bigint => (is ? 1n : 0n);

/** Of two values; their width is that of the operation's name. */
export const compute = (op: string, a: bigint, b: bigint): bigint => {
  const [type, name] = op.split(".") as [string, string];
  const bits = type === "i32" ? 32 : type === "i64" ? 64 : 128;
  const [x, y, shift] = [signed(a, bits), signed(b, bits), b % BigInt(bits)];
  const results: Readonly<Record<string, () => bigint>> = {
    add: () => a + b,
    sub: () => a - b,
    mul: () => a * b,
    and: () => a & b,
    or: () => a | b,
    xor: () => a ^ b,
    shl: () => a << shift,
    shr_u: () => a >> shift,
    shr_s: () => x >> shift,
    rotl: () => (a << shift) | (BigInt.asUintN(bits, a) >> (BigInt(bits) - shift)),
    eq: () => bit(a === b),
    ne: () => bit(a !== b),
    lt_u: () => bit(a < b),
    gt_u: () => bit(a > b),
    le_u: () => bit(a <= b),
    ge_u: () => bit(a >= b),
    lt_s: () => bit(x < y),
    gt_s: () => bit(x > y),
    le_s: () => bit(x <= y),
    ge_s: () => bit(x >= y),
  };
  const result = results[name];
  if (result === undefined) throw new Error(`${op} of known values is not needed`);
  return BigInt.asUintN(bits, result());
};

export const convert = (op: string, a: bigint): bigint => {
  if (op.endsWith("eqz")) return bit(a === 0n);
  if (op === "i32.wrap_i64") return BigInt.asUintN(32, a);
  if (op === "i64.extend_i32_u") return a;
  if (op === "i64.extend_i32_s") return BigInt.asUintN(64, signed(a, 32));
  if (op === "i32.extend8_s") return BigInt.asUintN(32, signed(a & 0xffn, 8));
  if (op === "i64x2.splat") return a | (a << 64n);
  throw new Error(`${op} of a known value is not needed`);
};
