// What signature shares tell: by linear algebra over the real field, with the factors that the code under test computes, and by counting over small ones.
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { name32 } from "../../test/fixtures.ts";
import { drawFor, frostKey, mod, shownBy } from "../../test/frost.ts";
import { powers, type Row, rank, scaled, sumOf, tally, tellsNothing, tuples, unknowns } from "../../test/linearAlgebra.ts";
import { lagrange } from "../../test/naiveCurve.ts";
import { lagrangeAtZero } from "../lagrange.ts";
import { type FrostAttempt, openPackage } from "./package.ts";
import { createSignatureShare } from "./share.ts";

/** One attempt: who signs what, and whose nonces were used in which earlier one (index of the attempt). */
type Planned = { readonly slots: readonly number[]; readonly message: string; readonly noncesOf?: ReadonlyMap<number, number> };

/**
 * What t corrupted keepers know after these attempts: their own shares and nonces, and every z of the others. The key's polynomial and each honest
 * nonce are unknown; rho, lambda and c are those that `openPackage` gives.
 */
function knownAfter(t: number, corrupted: readonly number[], attempts: readonly Planned[]) {
  const { take } = unknowns();
  const key = frostKey(`leak ${t}`, t);
  const polynomial = take(t + 1);
  const share = (slot: number): Row => polynomial(powers(slot, t + 1));
  const places = attempts.map(({ slots }) => new Map(slots.map((slot) => [slot, take(2)])));
  const drawn = attempts.map(({ slots }, i) => drawFor(slots, `leak attempt ${i}`));
  const used = (i: number, slot: number): number => attempts[i]?.noncesOf?.get(slot) ?? i;
  const opened = attempts.map(({ slots, message }, i) => {
    const commitments = shownBy(
      slots.map((slot) => ({ slot, nonces: drawn[used(i, slot)]?.find((one) => one.slot === slot)?.nonces as never })),
    );
    return openPackage({ publicKey: key.publicKey, message: name32(message), quorum: slots.length, commitments }) as FrostAttempt;
  });
  const rows = [
    ...corrupted.map(share),
    ...opened.flatMap((attempt, i) =>
      attempt.slots
        .filter((slot) => !corrupted.includes(slot))
        .map((slot) => {
          const nonces = places[used(i, slot)]?.get(slot) as (row: Row) => Row;
          const weight = mod(lagrangeAtZero(attempt.slots, slot) * attempt.challenge);
          return sumOf(nonces([1n, attempt.bindingFactors.get(slot) as bigint]), scaled(share(slot), weight));
        }),
    ),
  ];
  const isKnown = (row: Row): boolean => rank([...rows, row]) === rank(rows);
  return { isKnown, share, secret: () => polynomial(powers(0, t + 1)) };
}

const slotsOf = fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 4, maxLength: 8 });
const ascending = (slots: readonly number[]): number[] => slots.toSorted((a, b) => a - b);

describe("what signature shares tell", () => {
  it("attack S6: honest shares over k parallel attempts, of any sets and messages, give neither the key nor an honest share", () => {
    fc.assert(
      fc.property(slotsOf, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 }), fc.nat(), (some, wanted, k, seed) => {
        const t = Math.min(wanted, some.length - 2);
        const corrupted = some.slice(0, t);
        const honest = some.slice(t);
        const attempts = Array.from({ length: k }, (_, i) => ({
          slots: ascending([...corrupted, honest[(seed + i) % honest.length] as number]),
          message: `${seed} ${i % 2}`,
        }));
        const { isKnown, share, secret } = knownAfter(t, corrupted, attempts);
        return !isKnown(secret()) && honest.every((slot) => !isKnown(share(slot)));
      }),
      { numRuns: casesFor(10) },
    );
  });

  it("attack 30: one nonce under two packages is one equation short; under three, or two nonces under three shares each, the share is known (the control)", () => {
    const again = (times: number, slots = [1, 2]): readonly Planned[] =>
      Array.from({ length: times }, (_, i) => ({ slots, message: `m${i}`, noncesOf: new Map([[1, 0]]) }));
    const leaks = (attempts: readonly Planned[]): boolean => {
      const { isKnown, share } = knownAfter(1, [2], attempts);
      return isKnown(share(1));
    };
    expect([leaks(again(1)), leaks(again(2)), leaks(again(3))]).to.deep.equal([false, false, true]);
  });

  it("control: t+1 corrupted know the key without any signature", () => {
    const { isKnown, secret } = knownAfter(2, [1, 2, 3], [{ slots: [1, 2, 3], message: "m" }]);
    expect(isKnown(secret())).to.equal(true);
  });

  it("is what the code sends: z is that row of the real share and nonces", () => {
    const key = frostKey("row", 1);
    const drawn = drawFor([1, 2], "row");
    const attempt = openPackage({
      publicKey: key.publicKey,
      message: name32("row"),
      quorum: 2,
      commitments: shownBy(drawn),
    }) as FrostAttempt;
    const twin = drawFor([1, 2], "row")[0]?.nonces.take();
    const z = createSignatureShare({ attempt, slot: 1, share: key.shareOf(1), offset: 0n, nonces: drawn[0]?.nonces as never });
    const { hiding = 0n, binding = 0n } = twin ?? {};
    const weight = mod(lagrange([1n, 2n], 1n) * attempt.challenge);
    expect(z).to.equal(mod(hiding + (attempt.bindingFactors.get(1) as bigint) * binding + weight * key.shareOf(1).reveal()));
  });

  for (const p of [5, 7, 11])
    it(`over GF(${p}), whoever knows D, E, all factors and z of two attempts finds every share equally likely`, () => {
      // t = 1: s is slot 1's share. Each attempt has its own (d, e); what is seen of them in the exponent is left out, as it tells nobody without logarithms.
      const field = BigInt(p);
      const draws = [...tuples(5, p)].map((drawn) => {
        const [s, d1, e1, d2, e2] = drawn as [bigint, bigint, bigint, bigint, bigint];
        const z = [(d1 + 2n * e1 + 3n * s) % field, (d2 + 4n * e2 + 1n * s) % field];
        return { view: z.join(), secret: s };
      });
      expect(tellsNothing(tally(draws), p)).to.equal(true);
    });

  it("over GF(5) the same nonces under two packages still leave every share possible, and under three they leave one (the control)", () => {
    const field = 5n;
    const viewOf = (packages: readonly (readonly [bigint, bigint])[]) =>
      [...tuples(3, 5)].map((drawn) => {
        const [s, d, e] = drawn as [bigint, bigint, bigint];
        return { view: packages.map(([rho, weight]) => (d + rho * e + weight * s) % field).join(), secret: s };
      });
    expect(
      tellsNothing(
        tally(
          viewOf([
            [1n, 2n],
            [2n, 1n],
          ]),
        ),
        5,
      ),
    ).to.equal(true);
    const three = tally(
      viewOf([
        [1n, 2n],
        [2n, 1n],
        [3n, 3n],
      ]),
    );
    expect([...three.values()].every((secrets) => secrets.size === 1)).to.equal(true);
  });
});
