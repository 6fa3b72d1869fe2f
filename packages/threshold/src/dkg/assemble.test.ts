import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { codeOf, dealtSession, KEY_ID, keySharesOf, network, openAll, SHIFT } from "../../test/fixtures.ts";
import { base, evaluateInTheExponent, keccak, lagrange, mod, mul, N, type Naive, add as naiveAdd, tag } from "../../test/naiveCurve.ts";
import { committee, dealingOf, dealings, members, naive, shares } from "../../test/session.ts";
import { combineShares } from "../combine.ts";
import { nobleBackend } from "../nobleBackend.ts";
import type { Point } from "../point.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { SecretScalar } from "../secret.ts";
import { assembleKeyPublic, assembleKeyShare } from "./assemble.ts";

describe("assembling", () => {
  const qualOf = (slot: number, dealers = [1, 2, 3, 4, 5]) => openAll(committee, slot).filter(({ dealer }) => dealers.includes(dealer));
  const input = { keyId: KEY_ID, epoch: 1, slot: 1, qual: qualOf(1), shift: SHIFT, members };

  it("all keepers and every observer see the same key", () => {
    const observer = assembleKeyPublic({
      keyId: KEY_ID,
      epoch: 1,
      qual: members.map(({ slot }) => ({ dealer: slot, dealing: dealingOf(slot) })),
      shift: SHIFT,
      members,
    });
    for (const key of shares) {
      expect(key.jointKey.equals(observer.jointKey)).to.equal(true);
      expect(key.commitmentsHash).to.deep.equal(observer.commitmentsHash);
      expect(key.verifyingRoot).to.deep.equal(observer.verifyingRoot);
    }
    shares.forEach(({ share }, i) => {
      expect(nobleBackend.mulG(share.reveal()).equals(observer.verifyingShares.get(i + 1) as Point)).to.equal(true);
    });
    expect([...observer.verifyingShares.keys()]).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("agrees with the naive curve: sums, shift, verifying shares, hashes", () => {
    const sums = [0, 1, 2].map((k) => dealings.map(({ commitments }) => naive(commitments[k] as Point)).reduce((a, b) => naiveAdd(a, b)));
    sums[0] = naiveAdd(sums[0] as Naive, mul(base, SHIFT));
    const key = shares[0] as (typeof shares)[number];
    expect(key.commitments.map(naive)).to.deep.equal(sums);
    expect(key.commitmentsHash).to.deep.equal(keccak(...sums));
    const points = [1n, 2n, 3n, 4n, 5n].map((slot) => evaluateInTheExponent(sums, slot));
    expect([...key.verifyingShares.values()].map(naive)).to.deep.equal(points);
    const [a, b, c, d, e] = points.map((point, i) => keccak(tag("verifying-share"), KEY_ID, 1n, BigInt(i + 1), point)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const node = (x: Uint8Array, y: Uint8Array): Uint8Array => keccak(tag("node"), x, y);
    expect(key.verifyingRoot).to.deep.equal(node(node(node(a, b), node(c, d)), e));
  });

  it("attack 49: any q shares give the secret of the joint key, any t do not", () => {
    const of = (slots: number[]) => slots.map((slot) => ({ slot, share: shares[slot - 1]?.share.reveal() as bigint }));
    const S = naive(network().jointKey);
    for (const slots of [
      [1, 2, 3],
      [5, 3, 1],
      [2, 4, 5],
      [1, 2, 3, 4, 5],
    ])
      expect(mul(base, combineShares(of(slots)))).to.deep.equal(S);
    for (const slots of [
      [1, 2],
      [4, 5],
    ])
      expect(mul(base, combineShares(of(slots)))).not.to.deep.equal(S);
    const byHand = [1n, 3n, 5n].reduce(
      (sum, slot) => sum + lagrange([1n, 3n, 5n], slot) * (shares[Number(slot) - 1]?.share.reveal() as bigint),
      0n,
    );
    expect(mul(base, byHand)).to.deep.equal(S);
  });

  it("any sizes and slots work, with any QUAL of t+1 or more", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 3, maxLength: 5 }),
        fc.nat({ max: 1000 }),
        (unsorted, seed) => {
          const slots = unsorted.sort((a, b) => a - b);
          const t = slots.length >= 5 ? 2 : 1;
          const made = dealtSession(`property ${seed}`, slots, t);
          const keys = keySharesOf(made);
          const all = keys.map(({ share }, i) => ({ slot: slots[i] as number, share: share.reveal() }));
          const secret = combineShares(all);
          const isSame = (some: typeof all): boolean => combineShares(some) === secret;
          return (
            nobleBackend.mulG(secret).equals(keys[0]?.jointKey as Point) &&
            isSame(all.slice(0, t + 1)) &&
            isSame(all.slice(-t - 1)) &&
            !isSame(all.slice(0, t))
          );
        },
      ),
      { numRuns: casesFor(4) },
    );
  });

  it("a wrong share, a wrong shift or another slot's share is refused", () => {
    const wrong = input.qual.map((one, i) => (i === 0 ? { ...one, share: SecretScalar.from(mod(one.share.reveal() + 1n, N)) } : one));
    expect(codeOf(() => assembleKeyShare({ ...input, qual: wrong }))).to.equal("SHARE_MISMATCH");
    expect(codeOf(() => assembleKeyShare({ ...input, slot: 2 }))).to.equal("SHARE_MISMATCH");
    expect(
      codeOf(() =>
        assembleKeyShare({ ...input, qual: qualOf(1, [1, 2, 3]).map((one) => ({ ...one, share: input.qual[4]?.share as SecretScalar })) }),
      ),
    ).to.equal("SHARE_MISMATCH");
  });

  it("QUAL below t+1, twice the same dealer, strangers and mixed lengths are refused", () => {
    expect(codeOf(() => assembleKeyShare({ ...input, qual: qualOf(1, [1, 2]) }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => assembleKeyShare({ ...input, qual: [] }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => assembleKeyShare({ ...input, qual: [...input.qual, input.qual[0] as (typeof input.qual)[number]] }))).to.equal(
      "DUPLICATE_SLOT",
    );
    const stranger = input.qual.map((one, i) => (i === 4 ? { ...one, dealer: 9 } : one));
    expect(codeOf(() => assembleKeyShare({ ...input, qual: stranger }))).to.equal("INVALID_MEMBERS");
    const longer = input.qual.map((one, i) =>
      i === 4 ? { ...one, dealing: { ...one.dealing, commitments: [...one.dealing.commitments, nobleBackend.mulG(3n)] } } : one,
    );
    expect(codeOf(() => assembleKeyShare({ ...input, qual: longer }))).to.equal("INVALID_THRESHOLD");
    expect(codeOf(() => assembleKeyShare({ ...input, slot: 9 }))).to.equal("INVALID_MEMBERS");
  });

  it("a joint key at infinity fails the session", () => {
    const sum = combineShares(shares.slice(0, 3).map(({ share }, i) => ({ slot: i + 1, share: share.reveal() })));
    const shift = mod(SHIFT - sum, N); // moves the constant to 0
    expect(codeOf(() => assembleKeyShare({ ...input, shift }))).to.equal("INVALID_JOINT_KEY");
  });

  it("wrong types throw a code", () => {
    for (const shift of [CURVE_ORDER, -1n, 1, null])
      expect(codeOf(() => assembleKeyShare({ ...input, shift: shift as bigint }))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => assembleKeyShare({ ...input, keyId: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => assembleKeyShare({ ...input, qual: null as unknown as typeof input.qual }))).to.equal("INVALID_INPUT");
    expect(codeOf(() => assembleKeyShare({ ...input, epoch: -1 }))).to.equal("INVALID_INTEGER");
  });
});
