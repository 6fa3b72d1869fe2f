import { backend, CURVE_ORDER, type Point } from "@keyquorum/threshold";

// Parity's Lagrange coefficients have the other sign where the threshold is odd. Nothing that is stored, proved or sent from keeper to keeper has that sign:
// what a client sees has it. For the client's equation M = D + (sum of shadows) C to hold, the common point and the shadows turn together.

/** A common point C, or the commitment to a mask, as clients see it; and what they see, turned back. */
export const visiblePoint = (point: Point, threshold: number): Point => (threshold % 2 === 1 ? backend.neg(point) : point);

/**
 * What a holder encrypts to the reader for its mask m, where D = E - (sum of the holders' points) = M - (sum of m) C: m, or -m where the threshold is odd.
 * @param mask secret, in 1..n-1
 */
export const visibleShadow = (mask: bigint, threshold: number): bigint => (threshold % 2 === 1 ? CURVE_ORDER - mask : mask);
