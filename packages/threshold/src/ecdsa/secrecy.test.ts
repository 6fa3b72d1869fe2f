// What the points of the check round and the shares tell t = 1 corrupt signer, over GF(7), by enumeration. PROTOCOL section 11.6.
import { expect } from "chai";
import { inverse, mod } from "../../test/naiveCurve.ts";
import { lagrangeAtZero } from "../lagrange.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { maskedShares, shareValue } from "./formulas.ts";

const ORDER = 7;
const P = BigInt(ORDER);
const SLOTS = [1, 2, 3];
const HONEST = [1, 2];
const CORRUPT = 3;
const SETTINGS = 300;

/** Small deterministic numbers: an own stream, so that every run has the same 300 settings. */
const stream = (): ((below: number) => bigint) => {
  let state = 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return BigInt(state % below);
  };
};
const at = (poly: readonly bigint[], slot: number): bigint => evaluatePolynomial(poly, BigInt(slot), P);
/** The sharing of 0 of degree 2 with this value at the corrupt slot, by its value at the first honest one. */
const zeroSharing = (ofCorrupt: bigint, ofFirst: bigint): readonly bigint[] => {
  // f = u x + v x^2 with f(1) = ofFirst and f(3) = ofCorrupt.
  const v = mod((ofCorrupt - 3n * ofFirst) * inverse(6n, P), P);
  return [0n, mod(ofFirst - v, P), v];
};
const lambda = (slot: number): bigint => lagrangeAtZero(SLOTS, slot, P);

describe("what an ECDSA session tells one of three signers", () => {
  it("alpha, beta, e and s of the honest, given all that the corrupt one sees, should have exactly the law of a simulator that knows no secret", () => {
    const draw = stream();
    const nonZero = (): bigint => 1n + draw(ORDER - 1);
    for (let setting = 0; setting < SETTINGS; setting += 1) {
      const [k, a, x] = [
        [nonZero(), draw(ORDER)],
        [nonZero(), draw(ORDER)],
        [draw(ORDER), draw(ORDER)],
      ];
      const inverseW = inverse(mod((k[0] as bigint) * (a[0] as bigint), P), P);
      const factors = { h: nonZero(), offset: draw(ORDER), r: nonZero(), inverseDelta: nonZero() };
      const [d3, e3, f3] = [draw(ORDER), draw(ORDER), draw(ORDER)];
      const corrupt = {
        ...maskedShares({ a: at(a, CORRUPT), d: d3, f: f3 }, at(x, CORRUPT), inverseW, P),
        e: e3,
      };
      const ofCorrupt = shareValue(corrupt, factors, lambda(CORRUPT), P);

      const real = new Map<string, number>();
      for (let d1 = 0n; d1 < P; d1 += 1n)
        for (let e1 = 0n; e1 < P; e1 += 1n)
          for (let f1 = 0n; f1 < P; f1 += 1n) {
            const [d, e, f] = [zeroSharing(d3, d1), zeroSharing(e3, e1), zeroSharing(f3, f1)];
            const seen = HONEST.map((slot) => {
              const masked = maskedShares({ a: at(a, slot), d: at(d, slot), f: at(f, slot) }, at(x, slot), inverseW, P);
              const own = { ...masked, e: at(e, slot) };
              return [own.alpha, own.beta, own.e, shareValue(own, factors, lambda(slot), P)].join();
            });
            count(real, seen.join(" "));
          }

      // The simulator has the signature, the corrupt one's values, 1/k in the exponent (G = R/k), S, and W_i: c_i of the honest, in the exponent.
      const inverseK = inverse(k[0] as bigint, P);
      const s = mod(inverseK * (factors.h + (x[0] as bigint) * factors.r + factors.offset * factors.r) * factors.inverseDelta, P);
      const simulated = new Map<string, number>();
      for (let alpha1 = 0n; alpha1 < P; alpha1 += 1n)
        for (let beta1 = 0n; beta1 < P; beta1 += 1n)
          for (let s1 = 0n; s1 < P; s1 += 1n) {
            const rest = (total: bigint, own: bigint, first: bigint): bigint =>
              mod((total - lambda(CORRUPT) * own - lambda(1) * first) * inverse(lambda(2), P), P);
            const alphas = [alpha1, rest(inverseK, corrupt.alpha, alpha1)];
            const betas = [beta1, rest(mod(inverseK * (x[0] as bigint), P), corrupt.beta, beta1)];
            const shares = [s1, mod(s - ofCorrupt - s1, P)];
            const seen = HONEST.map((slot, i) => {
              const [alpha, beta, share] = [alphas[i] as bigint, betas[i] as bigint, shares[i] as bigint];
              const c = mod(at(a, slot) * inverseW, P);
              const inner = mod((alpha * factors.h + (beta + c * factors.offset) * factors.r) * factors.inverseDelta, P);
              const e = mod(share * inverse(lambda(slot), P) - inner, P);
              return [alpha, beta, e, share].join();
            });
            count(simulated, seen.join(" "));
          }
      expect(real.size, `setting ${setting}`).to.equal(ORDER ** 3);
      expect(sorted(real), `setting ${setting}`).to.deep.equal(sorted(simulated));
    }
  });

  it("without the masks the three points would tell more: the control", () => {
    // alpha_i = c_i alone is one value, not 7.
    const values = new Set(Array.from({ length: ORDER }, (_, d) => maskedShares({ a: 3n, d: BigInt(d), f: 0n }, 2n, 1n, P).alpha));
    expect(values.size).to.equal(ORDER);
    expect(maskedShares({ a: 3n, d: 0n, f: 0n }, 2n, 1n, P)).to.deep.equal({ c: 3n, alpha: 3n, beta: 6n });
  });
});

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
const sorted = (counts: ReadonlyMap<string, number>): readonly string[] => [...counts].map(([key, times]) => `${key}: ${times}`).sort();
