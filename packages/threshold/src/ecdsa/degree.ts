import { backend } from "../backend.ts";
import { DOMAINS } from "../domains.ts";
import type { Point } from "../point.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { invertScalar, reduceScalar } from "../scalar.ts";
import { hashToScalar, keccakWords } from "../words.ts";

/**
 * Whether points of 2t+1 slots lie on a polynomial of degree t, by one sum in place of t interpolations (SCRAPE, ePrint 2017/216): sum v_i q(i) P_i is
 * infinite for every q of degree N-t-2, where v_i = prod 1/(i-j). The coefficients of q are hashes of all points, so that whoever chose the points did not
 * know q, and two judges agree. Wrong points pass with chance 1/n. Public. PROTOCOL section 11.3.
 */
export function isOfDegree(threshold: number, slots: readonly number[], points: readonly Point[]): boolean {
  const free = slots.length - threshold - 1; // coefficients of q
  if (free <= 0) return true;
  const seed = keccakWords(DOMAINS.ecdsaDegree, threshold, ...slots, ...points);
  const q = Array.from({ length: free }, (_, m) => hashToScalar(seed, m));
  const factors = slots.map((slot) => reduceScalar(evaluatePolynomial(q, BigInt(slot)) * dualWeight(slots, slot)));
  return backend.msmVar(points, factors).is0();
}

/** v_i = prod over the others of 1/(i - j). */
const dualWeight = (slots: readonly number[], slot: number): bigint =>
  invertScalar(slots.reduce((product, other) => (other === slot ? product : reduceScalar(product * BigInt(slot - other))), 1n));
