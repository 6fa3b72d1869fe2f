import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { codeOf, keyPair, name32, seededRandom } from "../../test/fixtures.ts";
import { powers, rank, subsets } from "../../test/linearAlgebra.ts";
import { combineShares } from "../combine.ts";
import { openShare } from "../dkg/open.ts";
import { lagrangeAtZero } from "../lagrange.ts";
import { nobleBackend } from "../nobleBackend.ts";
import type { Point } from "../point.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { randomScalar } from "../random.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { SecretScalar } from "../secret.ts";
import { assembleRedealtServerKey, assembleRedealtServerKeyShare } from "./assembleRedealt.ts";
import { createServerKeyDealing } from "./deal.ts";
import { parseServerKeyDealing } from "./dealing.ts";
import { createServerKeyRedealing, verifyServerKeyRedealing } from "./redeal.ts";
import { weightsAtZero } from "./weights.ts";

const sid = name32("move");
const pairOf = (slot: number) => keyPair(`new member ${slot}`);
const membersOf = (slots: readonly number[]) => slots.map((slot) => ({ slot, encryptionKey: pairOf(slot).publicKey }));

/** A key of threshold `from` whose shares lie at `places`, dealt again with threshold `to` to `slots`. Dealers are named 1, 2, .. in the order of their places. */
const redealt = (shape: { places: readonly bigint[]; from: number; to: number; slots: readonly number[]; seed: string }) => {
  const { places, from, to, slots, seed } = shape;
  const random = seededRandom(seed);
  const polynomial = Array.from({ length: from + 1 }, () => randomScalar(random));
  const jointKey = nobleBackend.mulG(polynomial[0] as bigint);
  const members = membersOf(slots);
  const dealings = places.map((place, i) => {
    const share = SecretScalar.from(evaluatePolynomial(polynomial, place));
    const verifyingShare = nobleBackend.mulG(share.reveal());
    const bytes = createServerKeyRedealing({ sid, dealer: i + 1, share, threshold: to, recipients: members }, random);
    const dealing = parseServerKeyDealing(bytes, { threshold: to, members: slots.length });
    expect(verifyServerKeyRedealing({ sid, dealer: i + 1, dealing, verifyingShare })).to.equal(true);
    return { dealer: i + 1, place, dealing, verifyingShare };
  });
  const openedFor = (slot: number, used = dealings) =>
    used.map((one) => {
      const opened = openShare({ ...one, sid, recipient: slot, encryptionSecret: pairOf(slot).secret, members });
      if (opened.kind === "invalid") throw new Error("an honest dealing");
      return { ...one, share: opened.share };
    });
  const input = { sid, epoch: 9, threshold: to, jointKey, members };
  const shareOf = (slot: number, used = dealings) => assembleRedealtServerKeyShare({ ...input, slot, dealings: openedFor(slot, used) });
  return { polynomial, jointKey, members, dealings, input, shareOf };
};

const scalarOf = (seed: string): bigint => randomScalar(seededRandom(seed));

describe("server keys that are dealt again", () => {
  it("weights at 0 are those of slots, and of any scalars; equal places, 0 and n are none", () => {
    const slots = [1, 4, 9, 255];
    expect(weightsAtZero(slots.map(BigInt))).to.deep.equal(slots.map((slot) => lagrangeAtZero(slots, slot)));
    const places = [5n, CURVE_ORDER - 1n, scalarOf("a place")];
    const polynomial = [7n, 8n, 9n];
    const sum = weightsAtZero(places).reduce(
      (total, weight, i) => total + weight * evaluatePolynomial(polynomial, places[i] as bigint),
      0n,
    );
    expect(sum % CURVE_ORDER).to.equal(7n);
    expect(weightsAtZero([3n])).to.deep.equal([1n]);
    expect(codeOf(() => weightsAtZero([1n, 2n, 1n]))).to.equal("DUPLICATE_SLOT");
    for (const wrong of [0n, -1n, CURVE_ORDER, 3 as unknown as bigint])
      expect(codeOf(() => weightsAtZero([1n, wrong]))).to.equal("INVALID_SCALAR");
  });

  it("the key stays, every t'+1 new shares give it and t' do not, at any places and thresholds", () => {
    fc.assert(
      fc.property(
        fc.record({
          from: fc.integer({ min: 0, max: 3 }),
          to: fc.integer({ min: 0, max: 3 }),
          more: fc.integer({ min: 0, max: 2 }),
          slots: fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 4, maxLength: 5 }),
          atSlots: fc.boolean(),
          seed: fc.string(),
        }),
        ({ from, to, more, slots: unsorted, atSlots, seed }) => {
          const slots = unsorted.toSorted((a, b) => a - b);
          // One dealing above the degree is enough; more are as right.
          const places = Array.from({ length: from + 1 + more }, (_, i) => (atSlots ? BigInt(7 * i + 3) : scalarOf(`${seed} ${i}`)));
          const { jointKey, polynomial, dealings, input, shareOf } = redealt({ places, from, to, slots, seed });
          const observer = assembleRedealtServerKey({ ...input, dealings });
          expect(observer.jointKey.equals(jointKey)).to.equal(true);
          const sharesBySlot = new Map<number, bigint>();
          for (const slot of slots) {
            const key = shareOf(slot);
            expect([key.commitmentsHash, key.verifyingRoot]).to.deep.equal([observer.commitmentsHash, observer.verifyingRoot]);
            expect(nobleBackend.mulG(key.share.reveal()).equals(observer.verifyingShares.get(slot) as Point)).to.equal(true);
            sharesBySlot.set(slot, key.share.reveal());
          }
          const secretOf = (group: readonly number[]) =>
            combineShares(group.map((slot) => ({ slot, share: sharesBySlot.get(slot) as bigint })));
          for (const group of subsets(slots, to + 1)) expect(secretOf(group)).to.equal(polynomial[0]);
          if (to > 0) for (const group of subsets(slots, to)) expect(secretOf(group)).not.to.equal(polynomial[0]);
        },
      ),
      { numRuns: casesFor(10) },
    );
  });

  it("attack 53: shares of two dealings of one key do not fit together", () => {
    const shape = { places: [1n, 2n], from: 1, to: 1, slots: [1, 2, 5] };
    const [one, two] = ["one", "two"].map((seed) => redealt({ ...shape, seed: `mixed ${seed}` }));
    if (one === undefined || two === undefined) throw new Error("there are two");
    const mixed = [
      { slot: 1, share: one.shareOf(1).share.reveal() },
      { slot: 2, share: two.shareOf(2).share.reveal() },
    ];
    expect([one.polynomial[0], two.polynomial[0]]).not.to.include(combineShares(mixed));
  });

  it("too few dealings, a share of another key, and a place that is not the share's give another key: INVALID_JOINT_KEY", () => {
    const right = redealt({ places: [3n, 11n, 400n], from: 2, to: 1, slots: [1, 2, 5], seed: "right" });
    const { input, dealings } = right;
    expect(codeOf(() => assembleRedealtServerKey({ ...input, dealings }))).to.equal("nothing");
    expect(codeOf(() => assembleRedealtServerKey({ ...input, dealings: dealings.slice(1) }))).to.equal("INVALID_JOINT_KEY");
    const other = redealt({ places: [3n, 11n, 400n], from: 2, to: 1, slots: [1, 2, 5], seed: "other" });
    const foreign = [...dealings.slice(0, 2), ...other.dealings.slice(2)];
    expect(codeOf(() => assembleRedealtServerKey({ ...input, dealings: foreign }))).to.equal("INVALID_JOINT_KEY");
    const elsewhere = dealings.map((one, i) => (i === 0 ? { ...one, place: 4n } : one));
    expect(codeOf(() => assembleRedealtServerKey({ ...input, dealings: elsewhere }))).to.equal("INVALID_JOINT_KEY");
    expect(codeOf(() => assembleRedealtServerKey({ ...input, dealings: [] }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => assembleRedealtServerKey({ ...input, threshold: 2, dealings }))).to.equal("INVALID_THRESHOLD");
    const twice = [...dealings.slice(0, 2), { ...(dealings[2] as (typeof dealings)[number]), place: 3n }];
    expect(codeOf(() => assembleRedealtServerKey({ ...input, dealings: twice }))).to.equal("DUPLICATE_SLOT");
  });

  it("a dealing proves its share, its session and its dealer, with every encrypted share in it", () => {
    const { dealings, members, jointKey } = redealt({ places: [1n, 2n], from: 1, to: 1, slots: [1, 2, 5], seed: "proofs" });
    const [first, second] = dealings;
    if (first === undefined || second === undefined) throw new Error("there are two");
    const { dealer, dealing, verifyingShare } = first;
    expect(verifyServerKeyRedealing({ sid, dealer, dealing, verifyingShare: undefined })).to.equal(true);
    expect(verifyServerKeyRedealing({ sid, dealer, dealing, verifyingShare: second.verifyingShare })).to.equal(false);
    expect(verifyServerKeyRedealing({ sid, dealer: 2, dealing, verifyingShare })).to.equal(false);
    expect(verifyServerKeyRedealing({ sid: name32("another"), dealer, dealing, verifyingShare })).to.equal(false);
    // With one altered, an honest member's complaint would publish the pad of what was really sent.
    const encryptedShares = dealing.encryptedShares.map((value, i) => (i === 1 ? (value + 1n) % CURVE_ORDER : value));
    expect(verifyServerKeyRedealing({ sid, dealer, dealing: { ...dealing, encryptedShares }, verifyingShare })).to.equal(false);
    // A dealing of generation has other possessions: neither passes for the other.
    const fresh = createServerKeyDealing({ sid, dealer: 1, threshold: 1, members }, seededRandom("fresh"));
    const read = parseServerKeyDealing(fresh, { threshold: 1, members: 3 });
    expect(verifyServerKeyRedealing({ sid, dealer: 1, dealing: read, verifyingShare: undefined })).to.equal(false);
    expect(jointKey.equals(verifyingShare)).to.equal(false);
  });

  it("deals no share of 0, and to no fewer than t+1 members or three", () => {
    const share = SecretScalar.from(5n);
    const deal = (changes: object) =>
      codeOf(() => createServerKeyRedealing({ sid, dealer: 1, share, threshold: 1, recipients: membersOf([1, 2, 3]), ...changes }));
    expect(deal({})).to.equal("nothing");
    expect(deal({ threshold: 0 })).to.equal("nothing");
    expect(deal({ threshold: 3 })).to.equal("INVALID_THRESHOLD");
    expect(deal({ recipients: membersOf([1, 2]) })).to.equal("INVALID_MEMBERS");
    expect(deal({ share: SecretScalar.from(0n) })).to.equal("INVALID_SCALAR");
    expect(deal({ dealer: 0 })).to.equal("INVALID_SLOT");
  });

  it("t old and t new members together know nothing of the key", () => {
    // Unknowns: the old polynomial (t+1), and for each of t+1 dealers the t upper coefficients of its new one, whose constant is the old one's value.
    for (const t of [1, 2]) {
      const [olds, news] = [t + 2, t + 2].map((n) => Array.from({ length: n }, (_, i) => i + 1));
      const dealers = (olds ?? []).slice(0, t + 1);
      const width = t + 1 + dealers.length * t;
      const at = (dealer: number, x: number): bigint[] => {
        const upper = dealers.flatMap((one) => Array.from({ length: t }, (_, k) => (one === dealer ? BigInt(x) ** BigInt(k + 1) : 0n)));
        return [...powers(dealer, t + 1), ...upper];
      };
      const key = [1n, ...Array.from({ length: width - 1 }, () => 0n)];
      for (const badOld of subsets(olds ?? [], t))
        for (const badNew of subsets(news ?? [], t)) {
          const known = [
            ...badOld.map((slot) => [...powers(slot, t + 1), ...Array.from({ length: width - t - 1 }, () => 0n)]),
            // A corrupt dealer knows all of its polynomial.
            ...badOld.filter((slot) => dealers.includes(slot)).flatMap((slot) => (news ?? []).map((x) => at(slot, x))),
            ...dealers.flatMap((dealer) => badNew.map((x) => at(dealer, x))),
          ];
          expect(rank([...known, key])).to.equal(rank(known) + 1);
        }
    }
  });
});
