// D53 for masked retrieval: what a keeper sees without the masks could have been made without any share. PROTOCOL section 8.4.
import {
  backend,
  CURVE_ORDER,
  type HedgedRandom,
  INFINITY,
  keccakWords,
  lagrangeAtZero,
  type Point,
  proveDleq,
  SecretScalar,
} from "@keyquorum/threshold";
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { createDice, nonceSourceOf } from "../testing/random.ts";
import { createMaskedContribution, maskedContributionFault } from "./contribution.ts";

const modulo = (value: bigint, order = CURVE_ORDER): bigint => ((value % order) + order) % order;
const subsets = (items: readonly number[], size: number): number[][] =>
  size === 0 ? [[]] : items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
const contextOf = (use: number) => keccakWords(use);

describe("what a holder's contribution tells without its mask", () => {
  for (const p of [5, 7, 11, 13])
    it(`over GF(${p}) it is distributed as what is made without the share, for every share and set`, () => {
      const order = BigInt(p);
      const units = Array.from({ length: p - 1 }, (_, i) => BigInt(i + 1));
      for (const t of [0, 1, 2])
        for (const holders of subsets([1, 2, 3, 4], t + 1))
          for (const slot of holders)
            for (let s = 0n; s < order; s += 1n) {
              const own = modulo(lagrangeAtZero(holders, slot, order) * s, order);
              // A holder: x = l s + m for every m in 1..p-1, x = 0 drawn again. Its commitment is m G, its point x C.
              const made = units.map((m) => ({ x: modulo(own + m, order), m })).filter(({ x }) => x !== 0n);
              // Nobody: every x in 1..p-1, and the commitment that the public S = sG then asks for; infinity drawn again.
              const simulated = units.map((x) => ({ x, m: modulo(x - own, order) })).filter(({ m }) => m !== 0n);
              const views = (of: readonly { readonly x: bigint; readonly m: bigint }[]) => of.map(({ x, m }) => `${x},${m}`).sort();
              expect(views(made)).to.deep.equal(views(simulated));
            }
    });

  it("over the curve, whoever knows S alone makes one that passes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n }), fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n }), fc.nat(3), (s, x, t) => {
        const holders = Array.from({ length: t + 1 }, (_, i) => i + 2);
        const [slot, verifyingShare, commonPoint, context] = [2, backend.mulG(s), backend.mulG(1234n), contextOf(1)];
        const minusOwn = backend.neg(backend.mulVar(verifyingShare, lagrangeAtZero(holders, slot)));
        const commitment = backend.add(backend.mulG(x), minusOwn);
        const proof = proveDleq({ secret: SecretScalar.from(x), base: commonPoint, context });
        const given = { slot, point: backend.mulSecret(commonPoint, x), commitment, proof };
        return maskedContributionFault({ threshold: t, holders, commonPoint }, { slot, verifyingShare, context }, given) === undefined;
      }),
      { numRuns: casesFor(10) },
    );
  });

  const scalar = fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n });
  const inverse = (value: bigint): bigint => {
    let [result, base] = [1n, modulo(value)];
    for (let rest = CURVE_ORDER - 2n; rest > 0n; rest >>= 1n, base = modulo(base * base)) if (rest & 1n) result = modulo(result * base);
    return result;
  };
  const at = (polynomial: readonly bigint[], x: number): bigint => modulo(polynomial.reduceRight((sum, f) => sum * BigInt(x) + f, 0n));

  it("all contributions, t shares and t masks fit every other key: its polynomial, and the honest holder's mask, are built", () => {
    fc.assert(
      fc.property(
        fc.array(scalar, { minLength: 1, maxLength: 4 }),
        fc.array(scalar, { minLength: 4, maxLength: 4 }),
        scalar,
        (f, masks, other) => {
          const t = f.length - 1;
          const holders = f.map((_, i) => i + 1);
          const xOf = (slot: number, share: bigint, mask: bigint) => modulo(lagrangeAtZero(holders, slot) * share + mask);
          const [corrupt, honest] = [holders.slice(0, t), holders[t] as number];
          const real = xOf(honest, at(f, honest), masks[t] as bigint);
          // g agrees with f on the t slots of the corrupt, and has the other key: g = f + (other - f(0)) * prod (1 - x/slot).
          const g = (x: number): bigint =>
            modulo(
              at(f, x) +
                corrupt.reduce((product, slot) => modulo(product * BigInt(slot - x) * inverse(BigInt(slot))), modulo(other - at(f, 0))),
            );
          const mask = modulo(real - lagrangeAtZero(holders, honest) * g(honest));
          const sameView = corrupt.every((slot) => g(slot) === at(f, slot)) && xOf(honest, g(honest), mask) === real;
          // Control: with every mask, the key is what is left.
          const opened = holders.reduce((sum, slot, i) => sum + xOf(slot, at(f, slot), masks[i] as bigint) - (masks[i] as bigint), 0n);
          return g(0) === other && sameView && modulo(opened) === f[0];
        },
      ),
      { numRuns: casesFor(30) },
    );
  });

  it("a mask that is used under two sets gives the share away: each ask draws its own", () => {
    const [own, mask] = [77n, 99n];
    const coefficients = [
      [1, 2],
      [1, 3],
    ].map((holders) => lagrangeAtZero(holders, 1));
    const [one = 0n, two = 0n] = coefficients.map((coefficient) => modulo(coefficient * own + mask));
    const [first = 0n, second = 0n] = coefficients;
    expect(modulo((one - two) * inverse(modulo(first - second))), "one mask for both").to.equal(own);

    const dice = createDice(1);
    const nonces = nonceSourceOf(dice.bytes);
    const share = SecretScalar.from(5n);
    const ask = { threshold: 1, holders: [1, 2], commonPoint: backend.mulG(9n) };
    const made = [1, 2].map(() =>
      createMaskedContribution(
        ask,
        { slot: 1, share, context: contextOf(1) },
        nonces({ purpose: "extension:parity", session: contextOf(1) }),
      ),
    );
    expect(made[0]?.mask.reveal()).not.to.equal(made[1]?.mask.reveal());
  });
});

describe("a mask that would show something is drawn again", () => {
  const share = SecretScalar.from(5n);
  const ask = { threshold: 0, holders: [1], commonPoint: backend.mulG(9n) };
  /** 32-byte draws in this order; then good ones. */
  const drawing = (...first: readonly bigint[]): HedgedRandom => {
    const draws = first.map((value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
    const dice = createDice(2);
    return ((length: number) => draws.shift() ?? dice.bytes(length)) as unknown as HedgedRandom; // a test's own
  };

  for (const [what, value] of [
    ["the mask of 0", 0n],
    ["the one that makes x = 0", CURVE_ORDER - 5n],
    ["the order itself", CURVE_ORDER],
  ] as const)
    it(what, () => {
      const { contribution, mask } = createMaskedContribution(ask, { slot: 1, share, context: contextOf(1) }, drawing(value));
      expect([0n, value]).not.to.include(mask.reveal());
      const verifyingShare: Point = backend.mulG(5n);
      expect(maskedContributionFault(ask, { slot: 1, verifyingShare, context: contextOf(1) }, contribution)).to.equal(undefined);
      expect(contribution.point.equals(INFINITY)).to.equal(false);
    });

  it("not for ever", () => {
    const broken = (() => Buffer.from((CURVE_ORDER - 5n).toString(16), "hex")) as unknown as HedgedRandom;
    expect(() => createMaskedContribution(ask, { slot: 1, share, context: contextOf(1) }, broken)).to.throw("random source is broken");
  });
});
