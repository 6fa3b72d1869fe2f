import { backend } from "./backend.ts";
import { INFINITY, type Point } from "./point.ts";
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
  return commitments.reduceRight((sum, commitment) => backend.add(mulSmall(sum, slot), commitment), INFINITY);
}

/** kP for a small public k >= 0: doubling and adding beats a general multiplication below 2^8. */
export function mulSmall(point: Point, multiplier: number): Point {
  let result = INFINITY;
  for (let bit = 31 - Math.clz32(multiplier); bit >= 0; bit--) {
    if (result !== INFINITY) result = backend.double(result);
    if ((multiplier >> bit) & 1) result = result === INFINITY ? point : backend.add(result, point);
  }
  return result;
}
