import { hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { codeOf } from "../test/fixtures.ts";
import { base, evaluateInTheExponent, mod, mul, N, lagrange as naiveLagrange, power } from "../test/naiveCurve.ts";
import { FROST_DKG, FROST_SHARES } from "../test/vectors.ts";
import { combineShares } from "./combine.ts";
import { combinePoints, lagrangeAtZero, lagrangeIntegers } from "./lagrange.ts";
import { mulSmall } from "./mulSmall.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { parsePoint } from "./parsePoint.ts";
import { G, INFINITY, type Point } from "./point.ts";
import { evaluateCommitments, evaluatePolynomial } from "./polynomial.ts";
import { CURVE_ORDER } from "./scalar.ts";

const scalar = fc.bigInt({ min: 0n, max: CURVE_ORDER - 1n });
const slotSet = (min: number, max: number) => fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: min, maxLength: max });
const point = (hex: string): Point => parsePoint(hexToBytes(hex));

describe("polynomial", () => {
  it("agrees with the sum of powers", () => {
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 255 }), (coefficients, slot) => {
        const sum = coefficients.reduce((total, c, k) => total + c * power(BigInt(slot), BigInt(k), N), 0n);
        return evaluatePolynomial(coefficients, BigInt(slot)) === mod(sum, N);
      }),
      { numRuns: casesFor(100) },
    );
  });

  it("evaluates in the exponent as the naive curve does, at the lowest and highest slot", () => {
    const coefficients = [11n, CURVE_ORDER - 3n, 2n ** 200n];
    const naive = coefficients.map((c) => mul(base, c));
    const commitments = coefficients.map(nobleBackend.mulG);
    for (const slot of [1, 2, 255]) {
      expect(evaluateCommitments(commitments, slot).toAffine()).to.deep.equal(evaluateInTheExponent(naive, BigInt(slot)));
      expect(evaluateCommitments(commitments, slot).equals(nobleBackend.mulG(evaluatePolynomial(coefficients, BigInt(slot))))).to.equal(
        true,
      );
    }
  });

  it("attack 25: is complete where commitments or sums are infinity (D12)", () => {
    const C = nobleBackend.mulG(9n);
    expect(evaluateCommitments([INFINITY, C], 3).equals(nobleBackend.mulG(27n))).to.equal(true);
    expect(evaluateCommitments([C, INFINITY], 3).equals(C)).to.equal(true);
    expect(evaluateCommitments([C, INFINITY, INFINITY], 255).equals(C)).to.equal(true);
    expect(evaluateCommitments([INFINITY, INFINITY], 3).is0()).to.equal(true);
    // f(x) = 6 - 3x: the share of slot 2 is 0 and its image is infinity
    expect(evaluateCommitments([nobleBackend.mulG(6n), nobleBackend.mulG(CURVE_ORDER - 3n)], 2).is0()).to.equal(true);
    // adding equal points on the way: 2 * C + 2C
    expect(evaluateCommitments([nobleBackend.mulG(18n), C], 2).equals(nobleBackend.mulG(36n))).to.equal(true);
  });

  it("multiplies by small numbers as by large ones", () => {
    for (let k = 0; k <= 255; k += 5) expect(mulSmall(nobleBackend, G, k).equals(nobleBackend.mulVar(G, BigInt(k)))).to.equal(true);
  });

  it("agrees with the shares of RFC 9591 E.5", () => {
    const { secret, coefficient, shares, publicKey } = FROST_SHARES;
    expect([1n, 2n, 3n].map((x) => evaluatePolynomial([secret, coefficient], x))).to.deep.equal([...shares]);
    const commitments = [secret, coefficient].map(nobleBackend.mulG);
    expect(point(publicKey).equals(commitments[0] as Point)).to.equal(true);
    for (const slots of [
      [1, 2],
      [1, 3],
      [2, 3],
      [3, 1],
    ])
      expect(combineShares(slots.map((slot) => ({ slot, share: shares[slot - 1] as bigint })))).to.equal(secret);
  });

  it("agrees with a key generation of ZF FROST", () => {
    const { dealers, publicKey } = FROST_DKG;
    const sums = [0, 1].map((k) => dealers.map(({ commitments }) => point(commitments[k] as string)).reduce((a, b) => a.add(b)));
    expect((sums[0] as Point).equals(point(publicKey))).to.equal(true);
    dealers.forEach(({ constant, coefficient, commitments, sharesReceived, share, verifyingShare }, i) => {
      expect([constant, coefficient].map(nobleBackend.mulG).every((C, k) => C.equals(point(commitments[k] as string)))).to.equal(true);
      for (const [from, received] of Object.entries(sharesReceived)) {
        const dealer = dealers[Number(from) - 1] as (typeof dealers)[number];
        expect(evaluatePolynomial([dealer.constant, dealer.coefficient], BigInt(i + 1))).to.equal(received);
      }
      expect(evaluateCommitments(sums, i + 1).equals(point(verifyingShare))).to.equal(true);
      expect(nobleBackend.mulG(share).equals(point(verifyingShare))).to.equal(true);
    });
    expect(nobleBackend.mulG(combineShares(dealers.map(({ share }, i) => ({ slot: i + 1, share })))).equals(point(publicKey))).to.equal(
      true,
    );
  });
});

describe("Lagrange", () => {
  it("agrees with the naive formula, as integers over one denominator too", () => {
    fc.assert(
      fc.property(slotSet(1, 8), (slots) => {
        const { numerators, denominator } = lagrangeIntegers(slots);
        return slots.every((slot, i) => {
          const expected = naiveLagrange(slots.map(BigInt), BigInt(slot));
          const asFraction = mod((numerators[i] as bigint) * power(denominator, N - 2n, N), N);
          return lagrangeAtZero(slots, slot) === expected && asFraction === expected && denominator > 0n;
        });
      }),
      { numRuns: casesFor(60), examples: [[[1, 2, 3]], [[255, 1]], [[7]]] },
    );
  });

  it("sums points with signed integers of any size", () => {
    const points = [3n, 5n, 7n].map(nobleBackend.mulG);
    const integers = [-2n, CURVE_ORDER + 4n, 2n ** 300n];
    const expected = mod(-6n + 5n * (CURVE_ORDER + 4n) + 7n * 2n ** 300n, N);
    expect(combinePoints(points, integers).equals(nobleBackend.mulG(expected))).to.equal(true);
  });

  it("attack 24: slot 0, slot n, duplicates and strangers are refused", () => {
    expect(codeOf(() => lagrangeAtZero([0, 1], 1))).to.equal("INVALID_SLOT");
    expect(codeOf(() => lagrangeAtZero([1, 256], 1))).to.equal("INVALID_SLOT");
    expect(codeOf(() => lagrangeAtZero([1, 1, 2], 1))).to.equal("DUPLICATE_SLOT");
    expect(codeOf(() => lagrangeAtZero([1, 2], 3))).to.equal("INVALID_SLOT");
    expect(codeOf(() => lagrangeIntegers([2, 2]))).to.equal("DUPLICATE_SLOT");
    expect(
      codeOf(() =>
        combineShares([
          { slot: 1, share: 5n },
          { slot: 1, share: 5n },
        ]),
      ),
    ).to.equal("DUPLICATE_SLOT");
    for (const slot of [0, 256, Number(CURVE_ORDER), -1]) expect(codeOf(() => evaluateCommitments([G], slot))).to.equal("INVALID_SLOT");
    for (const slot of [Number.NaN, "3", 2.5, -0, null, 3n])
      expect(codeOf(() => evaluateCommitments([G], slot as number))).to.equal("INVALID_SLOT");
  });
});
