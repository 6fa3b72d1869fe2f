import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { G, INFINITY, type Point } from "./point.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { blinded, secretSum } from "./secretSum.ts";

const { mulVar, mulAddSecret, add, neg } = nobleBackend;
const P = mulVar(G, 7n);
const scalar = fc.oneof(fc.constantFrom(0n, 1n, 2n, CURVE_ORDER - 1n), fc.bigInt(0n, CURVE_ORDER - 1n));
const point = fc.oneof(
  fc.constantFrom(G, P, neg(P), INFINITY),
  fc.bigInt(1n, CURVE_ORDER - 1n).map((k) => mulVar(G, k)),
);

describe("aP + bQ for secret a and b", () => {
  it("is what two public multiplications and a sum are, also for 0, equal, opposite and infinite points", () => {
    fc.assert(
      fc.property(point, scalar, point, scalar, (p, a, q, b) => {
        expect(mulAddSecret(p, a, q, b).equals(add(mulVar(p, a), mulVar(q, b)))).to.equal(true);
      }),
      { numRuns: casesFor(60) },
    );
  });

  it("is affine: a projective form would tell of the scalars", () => {
    const { Z } = mulAddSecret(P, 5n, G.double(), 11n) as Point & { Z: bigint };
    expect(Z).to.equal(1n);
  });

  it("attack 48: makes the same point operations in the same order for all scalars", () => {
    /** Sums of integers stand for sums of points; each operation is noted. */
    const operationsOf = (factors: readonly bigint[]): { noted: string; sum: bigint } => {
      const noted: string[] = [];
      const count = (name: string, result: bigint): bigint => {
        noted.push(name);
        return result;
      };
      const sum = secretSum(
        { zero: 0n, add: (a: bigint, b: bigint) => count("+", a + b), double: (a: bigint) => count("2", 2n * a) },
        [3n, 1_000n],
        factors,
      );
      return { noted: noted.join(""), sum };
    };
    const largest = 2n ** 384n - 1n;
    const first = operationsOf([0n, 0n]);
    expect(first.noted).to.match(/^\+{30}(2222\+\+){96}$/);
    for (const factors of [
      [1n, 0n],
      [largest, largest],
      [blinded(0n), blinded(CURVE_ORDER - 1n)],
      [2n ** 383n, 15n],
    ]) {
      const { noted, sum } = operationsOf(factors);
      expect(noted).to.equal(first.noted);
      expect(sum).to.equal((factors[0] as bigint) * 3n + (factors[1] as bigint) * 1_000n);
    }
  });

  it("attack 48: blinds every scalar again, and never beyond its windows", () => {
    for (const secret of [0n, 1n, CURVE_ORDER - 1n]) {
      const made = Array.from({ length: 50 }, () => blinded(secret));
      expect(new Set(made).size).to.equal(50);
      for (const factor of made) {
        expect(factor % CURVE_ORDER).to.equal(secret);
        expect(factor >= 2n ** 127n * CURVE_ORDER && factor < 2n ** 384n).to.equal(true);
      }
    }
  });
});
