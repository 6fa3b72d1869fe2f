import { expect } from "chai";
import { changedBackend, codeOf, invalidPoints, name32, pointAboveOrder, seededRandom } from "../../test/fixtures.ts";
import { keccak, mod, N, tag } from "../../test/naiveCurve.ts";
import { reshareOf } from "../../test/reshare.ts";
import * as generated from "../../test/session.ts";
import { naive } from "../../test/session.ts";
import { withBackend } from "../backend.ts";
import { verifyComplaint } from "../dkg/complaint.ts";
import { verifyDealing } from "../dkg/deal.ts";
import { dealingLength, encodeDealing, parseDealing } from "../dkg/dealing.ts";
import { openShare } from "../dkg/open.ts";
import { reshareMessage } from "../dkg/transcript.ts";
import { nobleBackend } from "../nobleBackend.ts";
import type { Point } from "../point.ts";
import { SecretScalar } from "../secret.ts";
import { createReshareDealing, verifyReshareDealing } from "./deal.ts";

const reshare = reshareOf({});
const { sid, oldSlots, members, dealingOf, bytesOf, shape, toDeal, toOpen } = reshare;

describe("reshare dealing", () => {
  it("has the bytes of a dealing of key generation, for the new members", () => {
    for (const dealer of oldSlots) {
      expect(bytesOf(dealer).length).to.equal(dealingLength(shape));
      expect(encodeDealing(parseDealing(bytesOf(dealer), shape))).to.deep.equal(bytesOf(dealer));
      expect(verifyReshareDealing({ sid, dealer, dealing: dealingOf(dealer) })).to.equal(true);
    }
  });

  it("deals the dealer's own share: C_0 is its verifying share of the old epoch", () => {
    for (const dealer of oldSlots)
      expect((dealingOf(dealer).commitments[0] as Point).equals(reshare.oldVerifyingShareOf(dealer))).to.equal(true);
  });

  it("is opened by every new member, also where its dealer is none", () => {
    expect(members.map(({ slot }) => slot)).not.to.include(2);
    for (const { slot } of members) for (const dealer of [2, 5]) expect(openShare(toOpen(dealer, slot)).kind).to.equal("valid");
  });

  it("attack 29: its possessions hold for this session and this dealer only, so that no one deals for another", () => {
    expect(verifyReshareDealing({ sid: name32("another session"), dealer: 1, dealing: dealingOf(1) })).to.equal(false);
    expect(verifyReshareDealing({ sid, dealer: 2, dealing: dealingOf(1) })).to.equal(false);
    const stolen = { ...dealingOf(2), commitments: [dealingOf(1).commitments[0] as Point, ...dealingOf(2).commitments.slice(1)] };
    expect(verifyReshareDealing({ sid, dealer: 1, dealing: stolen })).to.equal(false);
    expect(verifyReshareDealing({ sid, dealer: 2, dealing: stolen })).to.equal(false);
  });

  it("its possessions bind every encrypted share: a copy with another share in it is no dealing of its dealer's", () => {
    // Else anyone could alter a dealing on its way, and the honest recipient would open, by its complaint, the share that was really dealt.
    for (const { slot } of members) {
      const place = members.findIndex((member) => member.slot === slot);
      const altered = dealingOf(2).encryptedShares.map((share, i) => (i === place ? mod(share + 1n, N) : share));
      expect(verifyReshareDealing({ sid, dealer: 2, dealing: { ...dealingOf(2), encryptedShares: altered } })).to.equal(false);
    }
    const body = keccak(...[...dealingOf(2).commitments, dealingOf(2).ephemeral].map(naive), ...dealingOf(2).encryptedShares);
    expect(reshareMessage(sid, 2, dealingOf(2))).to.deep.equal(keccak(tag("reshare-dealing"), sid, 2n, body));
  });

  it("is no dealing of key generation, and a dealing of key generation is none of a reshare", () => {
    expect(verifyDealing({ sid, dealer: 1, dealing: dealingOf(1) })).to.equal(false);
    expect(verifyReshareDealing({ sid: generated.sid, dealer: 1, dealing: generated.dealingOf(1) })).to.equal(false);
  });

  it("is fresh each time: two sessions' polynomials share nothing but the share", () => {
    const [a, b] = [createReshareDealing(toDeal(1)), createReshareDealing(toDeal(1))].map((bytes) => parseDealing(bytes, shape));
    expect(a?.commitments[0]?.equals(b?.commitments[0] as Point)).to.equal(true);
    for (const k of [1, 2]) expect(a?.commitments[k]?.equals(b?.commitments[k] as Point)).to.equal(false);
    expect(a?.ephemeral.equals(b?.ephemeral as Point)).to.equal(false);
  });

  it("a share that no contract takes is not dealt: 0, and one whose S_i has x >= n", () => {
    expect(codeOf(() => createReshareDealing({ ...toDeal(1), share: SecretScalar.from(0n) }))).to.equal("INVALID_SCALAR");
    const above = (nobleBackend.mulG(1n).constructor as unknown as { fromAffine: (p: { x: bigint; y: bigint }) => Point }).fromAffine(
      pointAboveOrder(),
    );
    const backend = changedBackend({ mulG: (secret) => (secret === 7n ? above : nobleBackend.mulG(secret)) });
    const unusable = { ...toDeal(1), share: SecretScalar.from(7n) };
    expect(codeOf(() => withBackend(backend, () => createReshareDealing(unusable, seededRandom("x"))))).to.equal("INVALID_POINT");
    expect(codeOf(() => createReshareDealing(unusable))).to.equal("nothing");
  });

  it("refuses what is no session", () => {
    const deal = (change: object): string => codeOf(() => createReshareDealing({ ...toDeal(1), ...change }, seededRandom("x")));
    const [first, second, ...rest] = members as [(typeof members)[number], (typeof members)[number]];
    expect(deal({})).to.equal("nothing");
    expect(deal({ sid: new Uint8Array(31) })).to.equal("INVALID_BYTES");
    for (const dealer of [0, 256, -0, "1", 1.5, null]) expect(deal({ dealer })).to.equal("INVALID_SLOT");
    for (const t of [0, 3, -0, "2", Number.NaN]) expect(deal({ threshold: t })).to.equal("INVALID_THRESHOLD");
    for (const share of [1n, null, undefined, new Uint8Array(32)]) expect(deal({ share })).to.equal("INVALID_SCALAR");
    expect(deal({ recipients: [first, second] })).to.equal("INVALID_MEMBERS");
    expect(deal({ recipients: [second, first, ...rest] })).to.equal("INVALID_MEMBERS");
    for (const point of Object.values(invalidPoints()))
      expect(deal({ recipients: [...members.slice(0, 4), { slot: 9, encryptionKey: point }] })).to.equal("INVALID_POINT");
    expect(codeOf(() => createReshareDealing(toDeal(1), (n) => new Uint8Array(n)))).to.equal("INVALID_RANDOM");
    const erased = SecretScalar.from(5n);
    erased.erase();
    expect(deal({ share: erased })).to.equal("ERASED_SECRET");
  });

  it("a dealer's slot is a slot, though it need be no member: opening and judging refuse others", () => {
    const { proof, shared } = { proof: { c: 1n, z: 1n }, shared: members[0]?.encryptionKey as Point };
    for (const dealer of [0, 256, -0, 1.5, Number.NaN]) {
      expect(codeOf(() => openShare({ ...toOpen(1, 1), dealer }))).to.equal("INVALID_SLOT");
      const evidence = { sid, dealer, recipient: 1, members, dealing: dealingOf(1), shared, proof };
      expect(codeOf(() => verifyComplaint(evidence))).to.equal("INVALID_SLOT");
    }
    expect(codeOf(() => openShare({ ...toOpen(1, 1), recipient: 2 }))).to.equal("INVALID_MEMBERS");
  });
});
