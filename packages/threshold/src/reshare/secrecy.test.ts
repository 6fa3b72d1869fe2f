// Attacks 14 and 15: what t old and t' new members know together, and what stolen keys open. PROTOCOL section 3.9, D1.
import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { codeOf, network } from "../../test/fixtures.ts";
import { powers, type Row, rank, scaled, subsets, sumOf, tally, tellsNothing, tuples, unknowns } from "../../test/linearAlgebra.ts";
import { lagrange } from "../../test/naiveCurve.ts";
import { reshareOf } from "../../test/reshare.ts";
import { toOpen as toOpenOld } from "../../test/session.ts";
import { openShare } from "../dkg/open.ts";
import { padOf } from "../dkg/transcript.ts";
import { lagrangeAtZero } from "../lagrange.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { SecretScalar } from "../secret.ts";

type Committee = { readonly slots: readonly number[]; readonly threshold: number };
/** What an epoch's keepers hold, as a row for every slot. */
type Shares = (slot: number) => Row;

/** All epochs of one key: the first polynomial, and for each later epoch every old member's polynomial with its share in front. */
function epochsOf(committees: readonly Committee[]) {
  const { take } = unknowns();
  const [first, ...later] = committees as [Committee, ...Committee[]];
  const generated = take(first.threshold + 1);
  const drawnBy = later.map(({ threshold }, e) => new Map((committees[e] as Committee).slots.map((dealer) => [dealer, take(threshold)])));
  const secret = () => generated(powers(0, first.threshold + 1));
  let shares: Shares = (slot) => generated(powers(slot, first.threshold + 1));
  const held: Shares[] = [shares];
  const dealt = later.map(({ threshold }, e) => {
    const { slots, threshold: t } = committees[e] as Committee;
    const before = shares;
    const drawn = (dealer: number) => drawnBy[e]?.get(dealer) as (row: Row) => Row;
    /** g_i(x) = s_i + x (b_1 + b_2 x + ...). */
    const given = (dealer: number, x: number): Row => sumOf(before(dealer), drawn(dealer)(scaled(powers(x, threshold), BigInt(x))));
    const q = slots.slice(0, t + 1);
    const lambda = new Map(q.map((dealer) => [dealer, lagrange(q.map(BigInt), BigInt(dealer))]));
    shares = (slot) => sumOf(...q.map((dealer) => scaled(given(dealer, slot), lambda.get(dealer) as bigint)));
    held.push(shares);
    return given;
  });
  /** All that keepers of one epoch see: their shares, and what every old member, in Q or not, dealt them. */
  const seenBy = (epoch: number, corrupted: readonly number[]): Row[] =>
    corrupted.flatMap((slot) => {
      const before = (committees[epoch - 1]?.slots ?? []).map((dealer) => dealt[epoch - 1]?.(dealer, slot) as Row);
      const own = held[epoch]?.(slot) as Row;
      // A dealer knows its own polynomial, at every x.
      const after = committees[epoch + 1];
      const polynomial = after === undefined ? [] : after.slots.map((x) => dealt[epoch]?.(slot, x) as Row);
      return [own, ...before, ...polynomial];
    });
  return { secret: secret(), seenBy };
}
const isHidden = (rows: readonly Row[], secret: Row): boolean => rank([...rows, secret]) === rank(rows) + 1;

const committee = fc
  .uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 3, maxLength: 7 })
  .map((slots) => slots.sort((a, b) => a - b))
  .map((slots): Committee => ({ slots, threshold: Math.floor((slots.length - 1) / 2) }));

describe("what two epochs' keepers know together", () => {
  it("attack 14: t removed keepers' old shares and t' new members' shares leave the secret open, over the real field", () => {
    fc.assert(
      fc.property(committee, committee, (old, next) => {
        const { secret, seenBy } = epochsOf([old, next]);
        const removed = old.slots.filter((slot) => !next.slots.includes(slot));
        const before = [...removed, ...old.slots.toReversed()].filter((slot, i, all) => all.indexOf(slot) === i);
        const known = [...seenBy(0, before.slice(0, old.threshold)), ...seenBy(1, next.slots.slice(-next.threshold))];
        const tooMany = [...seenBy(0, before.slice(0, old.threshold)), ...seenBy(1, next.slots.slice(-next.threshold - 1))];
        return isHidden(known, secret) && !isHidden(tooMany, secret) && !isHidden(seenBy(0, before.slice(0, old.threshold + 1)), secret);
      }),
      { numRuns: casesFor(12) },
    );
  });

  it("attack 14: every choice of t old and t' new members, where they are the first dealers of Q and where they are none", () => {
    const [old, next] = [
      { slots: [1, 2, 3, 4, 5], threshold: 2 },
      { slots: [1, 2, 3, 6, 7], threshold: 2 },
    ] as const;
    const { secret, seenBy } = epochsOf([old, next]);
    for (const before of subsets(old.slots, 2))
      for (const after of subsets(next.slots, 2))
        expect(isHidden([...seenBy(0, before), ...seenBy(1, after)], secret), `${before} and ${after}`).to.equal(true);
  });

  it("attack 14: t in each of three epochs in a row leave it open too", () => {
    const epochs = [
      { slots: [1, 2, 3, 4, 5], threshold: 2 },
      { slots: [3, 4, 5, 6, 7, 8, 9], threshold: 3 },
      { slots: [1, 8, 9], threshold: 1 },
    ];
    const { secret, seenBy } = epochsOf(epochs);
    for (const before of subsets([1, 2, 3, 5], 2))
      for (const between of subsets([3, 4, 8, 9], 3))
        for (const after of [1, 8, 9])
          expect(isHidden([...seenBy(0, before), ...seenBy(1, between), ...seenBy(2, [after])], secret)).to.equal(true);
    expect(isHidden([...seenBy(0, [1, 2]), ...seenBy(1, [3, 4, 8, 9])], secret), "control: t'+1 in one epoch").to.equal(false);
  });

  for (const [p, t, next] of [
    [5, 1, 1],
    [5, 2, 1],
    [5, 1, 2],
    [7, 1, 1],
  ] as const)
    it(`over GF(${p}) t = ${t} old and t' = ${next} new members fit every secret equally often`, () => {
      const field = BigInt(p);
      const q = Array.from({ length: t + 1 }, (_, i) => i + 1);
      const recipients = Array.from({ length: p - 1 }, (_, i) => i + 1);
      const draw = (f: bigint[], b: bigint[]) => {
        const shares = recipients.map((dealer) => evaluatePolynomial(f, BigInt(dealer), field));
        const dealt = q.map((dealer) => {
          const polynomial = [shares[dealer - 1] as bigint, ...b.slice((dealer - 1) * next, dealer * next)];
          return recipients.map((x) => evaluatePolynomial(polynomial, BigInt(x), field));
        });
        return {
          shareOf: (dealer: number): bigint => shares[dealer - 1] as bigint,
          given: (dealer: number, x: number): bigint => dealt[dealer - 1]?.[x - 1] as bigint,
        };
      };
      const all = [...tuples(t + 1, p)].flatMap((f) => [...tuples(q.length * next, p)].map((b) => ({ f, ...draw(f, b) })));
      for (const before of [q.slice(0, t), q.slice(-t), Array.from({ length: t }, (_, i) => p - 1 - i)])
        for (const after of subsets(recipients, next).slice(0, 4)) {
          const draws = all.map(({ f, shareOf, given }) => ({
            view: [
              ...before.map(shareOf),
              ...before.filter((dealer) => q.includes(dealer)).flatMap((dealer) => recipients.map((x) => given(dealer, x))),
              ...after.flatMap((x) => q.map((dealer) => given(dealer, x))),
            ].join(),
            secret: f[0] as bigint,
          }));
          expect(tellsNothing(tally(draws), p), `${before} and ${after}`).to.equal(true);
        }
      // Control: t'+1 new members know it.
      const enough = recipients.slice(0, next + 1);
      for (const { f, given } of all.slice(0, 200)) {
        const shareOf = (x: number): bigint => q.reduce((sum, dealer) => sum + lagrangeAtZero(q, dealer, field) * given(dealer, x), 0n);
        const secret = enough.reduce((sum, x) => sum + lagrangeAtZero(enough, x, field) * shareOf(x), 0n);
        expect(secret % field).to.equal(f[0]);
      }
    });
});

describe("attack 15: dealings that were archived", () => {
  const reshare = reshareOf({ from: network(), slots: [1, 2, 3, 4, 5], seed: "refresh" });

  it("are not opened by the same keeper's secret of another epoch, in either direction", () => {
    for (const slot of [1, 2, 5]) {
      const [oldSecret, newSecret] = [toOpenOld(3, slot).encryptionSecret, reshare.secretOf(slot)];
      expect(codeOf(() => openShare({ ...toOpenOld(3, slot), encryptionSecret: newSecret }))).to.equal("KEY_MISMATCH");
      expect(codeOf(() => openShare({ ...reshare.toOpen(3, slot), encryptionSecret: oldSecret }))).to.equal("KEY_MISMATCH");
      // Who does not ask what key it is decrypts to something else.
      const { sid, dealing } = toOpenOld(3, slot);
      const padBy = (secret: SecretScalar): bigint => padOf(sid, 3, slot, dealing.ephemeral.multiply(secret.reveal()));
      expect(padBy(newSecret)).not.to.equal(padBy(oldSecret));
    }
  });

  it("are not opened by a secret that was erased", () => {
    const copy = SecretScalar.from(toOpenOld(1, 1).encryptionSecret.reveal());
    expect(openShare({ ...toOpenOld(1, 1), encryptionSecret: copy }).kind).to.equal("valid");
    copy.erase();
    expect(codeOf(() => openShare({ ...toOpenOld(1, 1), encryptionSecret: copy }))).to.equal("ERASED_SECRET");
  });
});
