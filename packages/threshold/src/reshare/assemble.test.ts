import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { answersOf, codeOf, dealtSession, KEY_ID, keyPair, keySharesOf, LABEL, network, sealed } from "../../test/fixtures.ts";
import { base, evaluateInTheExponent, keccak, lagrange, mod, mul, N, type Naive, add as naiveAdd, tag } from "../../test/naiveCurve.ts";
import { NEW_EPOCH, reshareOf } from "../../test/reshare.ts";
import { naive } from "../../test/session.ts";
import { combineAnswers, combineShares } from "../combine.ts";
import { nobleBackend } from "../nobleBackend.ts";
import { G, INFINITY, type Point } from "../point.ts";
import { SecretScalar } from "../secret.ts";
import { deriveContentSecret } from "../tdh2.ts";
import { assembleResharedPublic, assembleResharedShare } from "./assemble.ts";

const reshare = reshareOf({});
const { q, slots, members, toAssemble, keyShareOf } = reshare;
const keys = slots.map((slot) => keyShareOf(slot));
const input = toAssemble(1);
const bob = keyPair("bob");

describe("assembling a reshare", () => {
  it("moves a (3,7) key to (2,5): the key stays, old ciphertexts still decrypt, and so after the way back", () => {
    const old = network([1, 2, 3, 4, 5, 6, 7], 3);
    const small = reshareOf({ from: old, slots: [2, 5, 8, 9, 10], threshold: 2, seed: "3,7 to 2,5" }).moved();
    const large = reshareOf({ from: small, slots: [1, 2, 3, 4, 5, 6, 7], threshold: 3, seed: "and back" }).moved();
    const { ciphertext, contentSecret } = sealed(old.jointKey);
    const read = (net: typeof old, from: number[], quorum: number) => {
      const answers = answersOf(net, from, ciphertext.u, bob.publicKey);
      const { shared } = combineAnswers({ quorum, u: ciphertext.u, readerSecret: bob.secret, answers, publicKey: old.jointKey });
      return deriveContentSecret({ shared, label: LABEL, u: ciphertext.u });
    };
    for (const [net, from, quorum] of [
      [old, [1, 3, 6, 7], 4],
      [small, [2, 9, 10], 3],
      [small, [5, 8, 10], 3],
      [large, [1, 2, 3, 4], 4],
    ] as const) {
      expect(net.jointKey.equals(old.jointKey)).to.equal(true);
      expect(read(net, [...from], quorum)).to.deep.equal(contentSecret);
    }
  });

  it("all new members and every observer see the same key", () => {
    const observer = assembleResharedPublic(input);
    for (const key of keys) {
      expect(key.jointKey.equals(network().jointKey)).to.equal(true);
      expect(key.commitmentsHash).to.deep.equal(observer.commitmentsHash);
      expect(key.verifyingRoot).to.deep.equal(observer.verifyingRoot);
    }
    keys.forEach(({ share }, i) => {
      expect(nobleBackend.mulG(share.reveal()).equals(observer.verifyingShares.get(slots[i] as number) as Point)).to.equal(true);
    });
    expect([...observer.verifyingShares.keys()]).to.deep.equal(slots);
  });

  it("agrees with the naive curve: interpolated commitments, verifying shares, hashes", () => {
    const lambda = q.map((slot) => lagrange(q.map(BigInt), BigInt(slot)));
    const sums = [0, 1, 2].map((k) =>
      q
        .map((dealer, i) => mul(naive(reshare.dealingOf(dealer).commitments[k] as Point), lambda[i] as bigint))
        .reduce<Naive>((a, b) => naiveAdd(a, b), undefined),
    );
    const key = keys[0] as (typeof keys)[number];
    expect(key.commitments.map(naive)).to.deep.equal(sums);
    expect(sums[0]).to.deep.equal(naive(network().jointKey));
    expect(key.commitmentsHash).to.deep.equal(keccak(...sums));
    const points = slots.map((slot) => evaluateInTheExponent(sums, BigInt(slot)));
    expect([...key.verifyingShares.values()].map(naive)).to.deep.equal(points);
    const leaves = points.map((point, i) => keccak(tag("verifying-share"), KEY_ID, BigInt(NEW_EPOCH), BigInt(slots[i] as number), point));
    const [a, b, c, d, e] = leaves as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const node = (x: Uint8Array, y: Uint8Array): Uint8Array => keccak(tag("node"), x, y);
    expect(key.verifyingRoot).to.deep.equal(node(node(node(a, b), node(c, d)), e));
    expect(mul(base, key.share.reveal())).to.deep.equal(points[0]);
  });

  it("any t'+1 new shares give the key's secret, any t' do not (attack 49)", () => {
    const of = (some: number[]) => some.map((slot) => ({ slot, share: keyShareOf(slot).share.reveal() }));
    const S = naive(network().jointKey);
    for (const some of [
      [1, 3, 4],
      [7, 4, 1],
      [1, 3, 4, 6, 7],
    ])
      expect(mul(base, combineShares(of(some)))).to.deep.equal(S);
    expect(mul(base, combineShares(of([1, 7])))).not.to.deep.equal(S);
  });

  it("attack 13: shares of two epochs do not combine, in secret or in answers", () => {
    const old = network();
    const mixed = [
      { slot: 1, share: reshare.oldShareOf(1).reveal() },
      { slot: 2, share: reshare.oldShareOf(2).reveal() },
      { slot: 3, share: keyShareOf(3).share.reveal() },
    ];
    expect(mul(base, combineShares(mixed))).not.to.deep.equal(naive(old.jointKey));
    const { ciphertext } = sealed(old.jointKey);
    const fresh = reshare.moved();
    const answers = [...answersOf(old, [1, 2], ciphertext.u, bob.publicKey), ...answersOf(fresh, [3], ciphertext.u, bob.publicKey)];
    const toCombine = { quorum: 3, u: ciphertext.u, readerSecret: bob.secret, answers };
    expect(codeOf(() => combineAnswers({ ...toCombine, publicKey: old.jointKey }))).to.equal("VERIFYING_SHARES_MISMATCH");
    // Two old and one new share of one slot: each verifies by itself, and still they are of two polynomials.
    expect(nobleBackend.mulG(reshare.oldShareOf(1).reveal()).equals(keys[0]?.verifyingShares.get(1) as Point)).to.equal(false);
  });

  it("attack 36: another Q gives the same key by other shares, and other hashes to confirm", () => {
    const other = slots.map((slot) => keyShareOf(slot, [2, 4, 5]));
    const [one, two] = [keys[0] as (typeof keys)[number], other[0] as (typeof keys)[number]];
    expect(two.jointKey.equals(one.jointKey)).to.equal(true);
    expect(two.share.reveal()).not.to.equal(one.share.reveal());
    expect(two.commitmentsHash).not.to.deep.equal(one.commitmentsHash);
    expect(two.verifyingRoot).not.to.deep.equal(one.verifyingRoot);
    const mixed = [keys[0], other[1], other[2]].map((key, i) => ({ slot: slots[i] as number, share: key?.share.reveal() as bigint }));
    expect(mul(base, combineShares(mixed))).not.to.deep.equal(naive(network().jointKey));
  });

  it("works for any sizes, slots, thresholds and Q, and twice in a row", () => {
    const committee = fc
      .uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 3, maxLength: 5 })
      .map((some) => some.sort((a, b) => a - b));
    const thresholdOf = (some: readonly number[]): number => (some.length >= 5 ? 2 : 1);
    fc.assert(
      fc.property(committee, committee, fc.nat({ max: 1000 }), (from, to, seed) => {
        const made = dealtSession(`property ${seed}`, from, thresholdOf(from));
        const shares = keySharesOf(made);
        const jointKey = shares[0]?.jointKey as Point;
        const moving = reshareOf({
          from: { committee: made, shares, jointKey },
          slots: to,
          threshold: thresholdOf(to),
          seed: `to ${seed}`,
        });
        const moved = moving.moved(from.slice(-thresholdOf(from) - 1));
        const again = reshareOf({ from: moved, slots: from, threshold: thresholdOf(from), seed: `back ${seed}` }).moved();
        const isKey = (net: typeof moved): boolean => {
          const all = net.shares.map(({ share }, i) => ({ slot: net.committee.members[i]?.slot as number, share: share.reveal() }));
          return nobleBackend.mulG(combineShares(all.slice(-net.committee.threshold - 1))).equals(jointKey);
        };
        return isKey(moved) && isKey(again);
      }),
      { numRuns: casesFor(4) },
    );
  });

  it("refuses dealings that are not of t+1 shares of this key: INVALID_JOINT_KEY", () => {
    const assemble = (change: object): string => codeOf(() => assembleResharedPublic({ ...input, ...change }));
    expect(assemble({})).to.equal("nothing");
    expect(assemble({ qual: input.qual.slice(0, 2) }), "t dealers").to.equal("INVALID_JOINT_KEY");
    expect(assemble({ jointKey: G }), "another key").to.equal("INVALID_JOINT_KEY");
    expect(assemble({ qual: input.qual.map((one, i) => (i === 0 ? { ...one, dealer: 4 } : one)) }), "another's slot").to.equal(
      "INVALID_JOINT_KEY",
    );
    // Three keepers that deal something else than their shares.
    const foreign = reshareOf({ from: { ...network([1, 2, 3, 4, 6], 2) }, seed: "foreign" });
    expect(assemble({ qual: foreign.qualOf(1) })).to.equal("INVALID_JOINT_KEY");
    for (const jointKey of [INFINITY, null]) expect(assemble({ jointKey })).to.equal("INVALID_POINT");
  });

  it("a share that does not fit is not taken: SHARE_MISMATCH", () => {
    const assemble = (change: object): string => codeOf(() => assembleResharedShare({ ...input, ...change }));
    const wrong = input.qual.map((one, i) => (i === 0 ? { ...one, share: SecretScalar.from(mod(one.share.reveal() + 1n, N)) } : one));
    expect(assemble({ qual: wrong })).to.equal("SHARE_MISMATCH");
    expect(assemble({ slot: 3 })).to.equal("SHARE_MISMATCH");
    expect(assemble({ slot: 2 }), "an old member").to.equal("INVALID_MEMBERS");
    expect(assemble({ qual: input.qual.map(({ share: _, ...rest }) => rest) })).to.equal("INVALID_SCALAR");
  });

  it("attack 18a: errors that cancel out in the weighted sum pass it, and are seen dealer by dealer", () => {
    const [a, b] = [lagrange(q.map(BigInt), 1n), lagrange(q.map(BigInt), 2n)];
    const errors = [mod(1000n * b, N), mod(-1000n * a, N), 0n];
    const bad = input.qual.map((one, i) => ({ ...one, share: SecretScalar.from(mod(one.share.reveal() + (errors[i] as bigint), N)) }));
    expect(codeOf(() => assembleResharedShare({ ...input, qual: bad }))).to.equal("nothing");
    // With another Q, after one of the two was disqualified by someone else, the same share is wrong.
    const later = [bad[0], ...reshare.qualOf(1, [3, 4])] as typeof bad;
    expect(codeOf(() => assembleResharedShare({ ...input, qual: later }))).to.equal("SHARE_MISMATCH");
  });

  it("refuses dealers twice, dealings of different lengths, none, and slots that are none", () => {
    const assemble = (qual: readonly object[]): string =>
      codeOf(() => assembleResharedShare({ ...input, qual: qual as typeof input.qual }));
    const [first, ...others] = input.qual as [(typeof input.qual)[number]];
    expect(assemble([first, first, ...others])).to.equal("DUPLICATE_SLOT");
    expect(assemble([])).to.equal("INVALID_THRESHOLD");
    const { dealing } = first;
    const longer = { ...first, dealing: { ...dealing, commitments: [...dealing.commitments, G] } };
    expect(assemble([longer, ...others]), "attack 23: one of a higher degree").to.equal("INVALID_THRESHOLD");
    expect(
      assemble(input.qual.map((one) => ({ ...one, dealing: { ...one.dealing, commitments: one.dealing.commitments.slice(0, 1) } }))),
    ).to.equal("INVALID_THRESHOLD");
    expect(assemble([{ ...first, dealing: { ...dealing, commitments: [dealing.commitments[0], INFINITY, G] } }, ...others])).to.equal(
      "INVALID_POINT",
    );
    for (const dealer of [0, 256, 1.5]) expect(assemble([{ ...first, dealer }, ...others])).to.equal("INVALID_SLOT");
    expect(codeOf(() => assembleResharedShare({ ...input, keyId: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => assembleResharedShare({ ...input, members: members.slice(0, 2) }))).to.equal("INVALID_MEMBERS");
    expect(codeOf(() => assembleResharedShare({ ...input, qual: null as unknown as typeof input.qual }))).to.equal("INVALID_INPUT");
  });
});
