// What a repair tells: m its own share, and nobody anything else. By linear algebra over the real field, and by counting over small ones.
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { powers, type Row, rank, scaled, subsets, sumOf, tally, tellsNothing, tuples, unknowns } from "../../test/linearAlgebra.ts";
import { mod } from "../../test/naiveCurve.ts";
import { evaluatePolynomial } from "../polynomial.ts";

type Repair = { readonly lost: number; readonly helpers: readonly number[] };

/**
 * One key of threshold t and repairs of it. `seenBy(corrupted)` is all that these keepers learn: their shares, masks that honest helpers gave
 * them, and, where the one that repairs is among them, every contribution. Masks of corrupted helpers are known to them: left out.
 */
function repairsOf(t: number, repairs: readonly Repair[], areMasksReused = false) {
  const { take } = unknowns();
  const key = take(t + 1);
  const masks = repairs.map(({ helpers }) => new Map(helpers.map((helper) => [helper, take(t)])));
  const share = (slot: number): Row => key(powers(slot, t + 1));
  const seenBy = (corrupted: readonly number[]): Row[] => [
    ...corrupted.map(share),
    ...repairs.flatMap(({ lost, helpers }, at) => {
      const honest = helpers.filter((slot) => !corrupted.includes(slot));
      const mask = (helper: number, i: number): Row => {
        const of = masks[areMasksReused ? 0 : at]?.get(helper) as (row: Row) => Row;
        return of(scaled(powers(i, t), BigInt(i - lost)));
      };
      const given = helpers.filter((slot) => corrupted.includes(slot)).flatMap((i) => honest.map((helper) => mask(helper, i)));
      const points = corrupted.includes(lost) ? honest.map((i) => sumOf(share(i), ...honest.map((helper) => mask(helper, i)))) : [];
      return [...given, ...points];
    }),
  ];
  /** How many independent values of the key's polynomial they can compute. */
  const knownOfKey = (corrupted: readonly number[]): number => {
    const rows = seenBy(corrupted);
    const all = Array.from({ length: t + 1 }, (_, k) => key(Array.from({ length: t + 1 }, (_, i) => (i === k ? 1n : 0n))));
    return rank(rows) + (t + 1) - rank([...rows, ...all]);
  };
  const isHidden = (corrupted: readonly number[], at: number): boolean => {
    const rows = seenBy(corrupted);
    return rank([...rows, share(at)]) === rank(rows) + 1;
  };
  return { knownOfKey, isHidden, seenBy, secret: () => key(powers(0, t + 1)), share };
}

const slots = fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 5, maxLength: 9 });

describe("what a repair tells", () => {
  it("m and t-1 helpers know t values of the key's polynomial: their own shares, and no other", () => {
    fc.assert(
      fc.property(slots, fc.nat({ max: 3 }), (some, extra) => {
        const t = Math.floor((some.length - 1) / 2);
        const [lost, ...others] = some as [number, ...number[]];
        const helpers = others.slice(0, Math.min(others.length, t + 1 + extra));
        const { knownOfKey, isHidden } = repairsOf(t, [{ lost, helpers }]);
        const corrupted = [lost, ...helpers.slice(0, t - 1)];
        const honest = others.filter((slot) => !corrupted.includes(slot));
        return knownOfKey(corrupted) === t && [0, ...honest].every((at) => isHidden(corrupted, at));
      }),
      { numRuns: casesFor(15) },
    );
  });

  it("t helpers without m know their own shares only", () => {
    fc.assert(
      fc.property(slots, (some) => {
        const t = Math.floor((some.length - 1) / 2);
        const [lost, ...others] = some as [number, ...number[]];
        const { knownOfKey, isHidden } = repairsOf(t, [{ lost, helpers: others.slice(0, t + 1) }]);
        const corrupted = others.slice(0, t);
        return knownOfKey(corrupted) === t && [0, lost, others[t] as number].every((at) => isHidden(corrupted, at));
      }),
      { numRuns: casesFor(15) },
    );
  });

  it("m learns its share and nothing else, alone too, and it does learn it", () => {
    const { knownOfKey, isHidden, seenBy, share } = repairsOf(2, [{ lost: 2, helpers: [1, 3, 4] }]);
    expect(knownOfKey([2])).to.equal(1);
    expect(isHidden([2], 2)).to.equal(false);
    const contributions = seenBy([2]).slice(1); // without the share itself
    expect(rank([...contributions, share(2)]), "from what it was sent alone").to.equal(rank(contributions));
    expect([0, 1, 3, 4, 5].every((at) => isHidden([2], at))).to.equal(true);
  });

  it("repairs one after another, by other helpers and of other keepers, add nothing", () => {
    const repairs = [
      { lost: 2, helpers: [1, 3, 4] },
      { lost: 2, helpers: [1, 4, 5] },
      { lost: 2, helpers: [1, 3, 4, 5] },
      { lost: 5, helpers: [1, 2, 3] },
    ];
    const { knownOfKey, isHidden } = repairsOf(2, repairs);
    for (const corrupted of subsets([1, 2, 3, 4, 5], 2)) {
      expect(knownOfKey(corrupted), `${corrupted}`).to.equal(2);
      expect(isHidden(corrupted, 0)).to.equal(true);
    }
  });

  it("control: the same masks for two sets of helpers would tell more, so masks are drawn from the session", () => {
    const twice = [
      { lost: 2, helpers: [1, 3, 4] },
      { lost: 5, helpers: [1, 3, 4] },
    ];
    expect(repairsOf(2, twice).knownOfKey([2, 5])).to.equal(2);
    expect(repairsOf(2, twice, true).knownOfKey([2, 5])).to.be.greaterThan(2);
  });

  it("control: t+1 keepers know everything, with or without a repair", () => {
    expect(repairsOf(2, [{ lost: 2, helpers: [1, 3, 4] }]).knownOfKey([1, 2, 3])).to.equal(3);
  });

  for (const { p, t, lost, helpers, corrupted } of [
    { p: 5, t: 1, lost: 3, helpers: [1, 2], corrupted: [] },
    { p: 5, t: 1, lost: 1, helpers: [2, 4], corrupted: [] },
    { p: 5, t: 2, lost: 2, helpers: [1, 3, 4], corrupted: [1] },
  ])
    it(`over GF(${p}) keeper ${lost} with ${corrupted.length} of ${helpers} finds every secret equally likely (t = ${t})`, () => {
      const field = BigInt(p);
      const honest = helpers.filter((slot) => !corrupted.includes(slot));
      const maskAt = (q: readonly bigint[], x: number): bigint => mod(BigInt(x - lost) * evaluatePolynomial(q, BigInt(x), field), field);
      const draws = [...tuples(t + 1, p)].flatMap((f) =>
        [...tuples(honest.length * t, p)].map((drawn) => {
          const masks = honest.map((_, h) => drawn.slice(h * t, h * t + t));
          const at = (x: number): bigint => evaluatePolynomial(f, BigInt(x), field);
          const points = honest.map((i) => mod(at(i) + masks.reduce((sum, q) => sum + maskAt(q, i), 0n), field));
          const view = [at(lost), ...corrupted.map(at), ...corrupted.flatMap((i) => masks.map((q) => maskAt(q, i))), ...points];
          return { view: view.join(), secret: f[0] as bigint };
        }),
      );
      expect(tellsNothing(tally(draws), p)).to.equal(true);
    });
});
