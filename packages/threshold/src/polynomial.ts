import { backend } from "./backend.ts";
import type { Point } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { assertSlot } from "./slot.ts";

const modulo = (value: bigint, order: bigint): bigint => ((value % order) + order) % order;

/** f(x) modulo `order` by Horner, coefficients from the constant up. The coefficients may be secret. `order` is a prime; tests use a small one. */
export function evaluatePolynomial(coefficients: readonly bigint[], x: bigint, order: bigint = CURVE_ORDER): bigint {
  return coefficients.reduceRight((sum, coefficient) => modulo(sum * x + coefficient, order), 0n);
}

/**
 * Feldman's check value: sum slot^k C_k, the image of the share of `slot`. Complete: any C_k and the sum may be infinity.
 * PROTOCOL sections 3.4 and 3.6. Throws INVALID_SLOT.
 */
export function evaluateCommitments(commitments: readonly Point[], slot: number): Point {
  assertSlot(slot);
  return backend.evaluate(commitments, slot);
}
