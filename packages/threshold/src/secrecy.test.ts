// D53: any t shares tell nothing, any t+1 tell everything. PROTOCOL, notation.
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { codeOf } from "../test/fixtures.ts";
import { powers, rank, subsets, tally, tellsNothing, tuples } from "../test/linearAlgebra.ts";
import { inverse, mod, N } from "../test/naiveCurve.ts";
import { combineShares } from "./combine.ts";
import { lagrangeAtZero } from "./lagrange.ts";
import { evaluatePolynomial } from "./polynomial.ts";
import { CURVE_ORDER } from "./scalar.ts";

const scalar = fc.bigInt({ min: 0n, max: CURVE_ORDER - 1n });

describe("secrecy", () => {
  for (const [p, t] of [
    [5, 1],
    [7, 1],
    [5, 2],
    [7, 2],
    [5, 3],
  ] as const) {
    it(`over GF(${p}) any ${t} shares fit every secret equally often, any ${t + 1} exactly one`, () => {
      const slots = Array.from({ length: p - 1 }, (_, i) => i + 1);
      for (const few of subsets(slots, t)) {
        const draws = [...tuples(t + 1, p)].map((f) => ({
          view: few.map((slot) => evaluatePolynomial(f, BigInt(slot), BigInt(p))).join(),
          secret: f[0] as bigint,
        }));
        const seen = tally(draws);
        expect(seen.size).to.equal(p ** t);
        expect(tellsNothing(seen, p)).to.equal(true);
      }
      for (const enough of subsets(slots, t + 1))
        for (const f of tuples(t + 1, p)) {
          const sum = enough.reduce(
            (s, slot) => s + lagrangeAtZero(enough, slot, BigInt(p)) * evaluatePolynomial(f, BigInt(slot), BigInt(p)),
            0n,
          );
          if (mod(sum, BigInt(p)) !== f[0]) expect.fail(`${enough} do not give f(0) of ${f}`);
        }
    });
  }

  it("over the real field the secret is linearly independent of any t shares and fixed by t+1", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 2, maxLength: 8 }), (slots) => {
        const t = slots.length - 1;
        const row = (x: number) => powers(x, t + 1);
        const secret = row(0);
        const few = slots.slice(0, t).map(row);
        return rank(few) === t && rank([...few, secret]) === t + 1 && rank([...slots.map(row), secret]) === t + 1;
      }),
      { numRuns: casesFor(40) },
    );
  });

  it("over the real field t shares fit any other secret: the polynomial that does is built", () => {
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 2, maxLength: 6 }), scalar, (f, other) => {
        const slots = f.slice(1).map((_, i) => i + 1);
        // g = f + (other - f(0)) * prod (1 - x/slot) agrees with f on all t slots and has the other secret.
        const delta = (x: bigint): bigint =>
          slots.reduce(
            (product, slot) => mod(product * (BigInt(slot) - x) * inverse(BigInt(slot), N), N),
            mod(other - (f[0] as bigint), N),
          );
        const g = (x: bigint): bigint => mod(evaluatePolynomial(f, x) + delta(x), N);
        return g(0n) === other && slots.every((slot) => g(BigInt(slot)) === evaluatePolynomial(f, BigInt(slot)));
      }),
      { numRuns: casesFor(30) },
    );
  });

  it("attack 49: t shares do not give the secret, any t+1 give the same", () => {
    fc.assert(
      fc.property(
        fc.array(scalar, { minLength: 2, maxLength: 5 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 5, maxLength: 9 }),
        (f, slots) => {
          fc.pre(f.at(-1) !== 0n);
          const shares = slots.map((slot) => ({ slot, share: evaluatePolynomial(f, BigInt(slot)) }));
          const q = f.length;
          const enough = [shares.slice(0, q), shares.slice(-q), shares];
          return enough.every((some) => combineShares(some) === f[0]) && combineShares(shares.slice(0, q - 1)) !== f[0];
        },
      ),
      { numRuns: casesFor(60) },
    );
    expect(codeOf(() => combineShares([{ slot: 1, share: CURVE_ORDER }]))).to.equal("INVALID_SCALAR");
  });
});
