import { backend } from "./backend.ts";
import { ThresholdError } from "./errors.ts";
import type { Point } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { assertDistinctSlots } from "./slot.ts";

const modulo = (value: bigint, order: bigint): bigint => ((value % order) + order) % order;
const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [absolute(a), absolute(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** 1/a modulo a prime, of public values. */
function inverse(a: bigint, order: bigint): bigint {
  let [r0, r1, s0, s1] = [order, a, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1];
  }
  return modulo(s0, order);
}

/** prod (other - x)/(other - slot) over the other slots, in lowest terms. */
function fractionAt(slots: readonly number[], slot: number, x: number): { numerator: bigint; denominator: bigint } {
  let [numerator, denominator] = [1n, 1n];
  for (const other of slots) {
    if (other === slot) continue;
    numerator *= BigInt(other - x);
    denominator *= BigInt(other - slot);
  }
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Lagrange coefficient of `slot` at 0 over distinct `slots`, modulo `order`. PROTOCOL section 5.3. Throws INVALID_SLOT, DUPLICATE_SLOT. */
export function lagrangeAtZero(slots: readonly number[], slot: number, order: bigint = CURVE_ORDER): bigint {
  return lagrangeAt(slots, slot, 0, order);
}

/** Lagrange coefficient of `slot` at `x` over distinct `slots`, modulo `order`. PROTOCOL section 3.10. Throws INVALID_SLOT, DUPLICATE_SLOT. */
export function lagrangeAt(slots: readonly number[], slot: number, x: number, order: bigint = CURVE_ORDER): bigint {
  assertDistinctSlots(slots);
  if (!slots.includes(slot))
    throw new ThresholdError("INVALID_SLOT", `Slot ${slot} is not among the slots to combine.`, { details: { slot } });
  const { numerator, denominator } = fractionAt(slots, slot, x);
  return modulo(numerator * inverse(modulo(denominator, order), order), order);
}

/**
 * All Lagrange coefficients at 0 as integers over one denominator: lambda_i = numerators[i] / denominator. The denominator is
 * positive. They are small for small slots, which makes `combinePoints` cheap. Throws INVALID_SLOT, DUPLICATE_SLOT.
 */
export function lagrangeIntegers(slots: readonly number[]): { readonly numerators: readonly bigint[]; readonly denominator: bigint } {
  assertDistinctSlots(slots);
  const fractions = slots.map((slot) => fractionAt(slots, slot, 0));
  const denominator = fractions.reduce((lcm, f) => (lcm * absolute(f.denominator)) / greatestCommonDivisor(lcm, f.denominator), 1n);
  return { numerators: fractions.map((f) => (f.numerator * denominator) / f.denominator), denominator };
}

/** The sum of integers times points. Public, variable time: the integers come from slots, the points from answers. */
export function combinePoints(points: readonly Point[], integers: readonly bigint[]): Point {
  const signed = points.map((point, i) => ((integers[i] ?? 0n) < 0n ? backend.neg(point) : point));
  return backend.msmVar(
    signed,
    points.map((_, i) => absolute(integers[i] ?? 0n) % CURVE_ORDER),
  );
}
