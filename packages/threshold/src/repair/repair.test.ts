import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { dealtSession, keySharesOf, name32, network } from "../../test/fixtures.ts";
import { addr, base, evaluateInTheExponent, keccak, keccakModN, mod, mul, N, add as naiveAdd, tag } from "../../test/naiveCurve.ts";
import { REPAIR_ID, reader, repairOf } from "../../test/repair.ts";
import { reshareOf } from "../../test/reshare.ts";
import { naive } from "../../test/session.ts";
import { bytesToInteger, integerToWord } from "../bytes.ts";
import type { Point } from "../point.ts";
import type { RepairDealing } from "./dealing.ts";
import { repairDealingLength } from "./dealing.ts";

const repair = repairOf({});
const { sid, lost, helperSlots, dealings } = repair;
const dealingOf = (helper: number): RepairDealing => dealings.get(helper) as RepairDealing;

describe("repair", () => {
  const shapes = [
    { slots: [1, 2, 3, 4, 5], threshold: 2, lost: 1, helperSlots: [2, 3, 4, 5] },
    { slots: [3, 7, 255], threshold: 1, lost: 255, helperSlots: [3, 7] },
    { slots: [3, 7, 255], threshold: 1, lost: 3, helperSlots: [7, 255] },
    { slots: [2, 4, 6, 8, 10, 12, 14], threshold: 3, lost: 8, helperSlots: [2, 4, 12, 14] },
  ];
  for (const { slots, threshold, lost: m, helperSlots: from } of shapes)
    it(`gives ${m} of ${slots} its share again from ${from} (t = ${threshold})`, () => {
      const done = repairOf({ net: network(slots, threshold), lost: m, helperSlots: from });
      expect(done.recover().reveal()).to.equal(done.shareOf(m).reveal());
    });

  it("gives it again from any helpers in any order, of any committee", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 3, maxLength: 6 }),
        fc.nat({ max: 5 }),
        fc.nat({ max: 1000 }),
        (unsorted, at, seed) => {
          const slots = unsorted.sort((a, b) => a - b);
          const threshold = Math.floor((slots.length - 1) / 2);
          const committee = dealtSession(`repair property ${seed}`, slots, threshold);
          const shares = keySharesOf(committee);
          const m = slots[at % slots.length] as number;
          const helpers = slots.filter((slot) => slot !== m).slice(-threshold - 1);
          const done = repairOf({ net: { committee, shares, jointKey: shares[0]?.jointKey as Point }, lost: m, helperSlots: helpers });
          return done.recover(helpers.toReversed()).reveal() === done.shareOf(m).reveal();
        },
      ),
      { numRuns: casesFor(5) },
    );
  });

  it("gives back a share of a later epoch", () => {
    const moved = reshareOf({ slots: [2, 5, 8, 9, 10], seed: "before a repair" }).moved();
    const done = repairOf({ net: moved, lost: 5, helperSlots: [2, 9, 10] });
    expect(done.recover().reveal()).to.equal(done.shareOf(5).reveal());
  });

  it("its session binds the request and the helpers", () => {
    expect(sid).to.deep.equal(keccak(tag("repair-session"), REPAIR_ID, 0b11010n));
    expect(repairOf({ helperSlots: [4, 1, 3] }).sid).to.deep.equal(sid);
    const others = [repairOf({ helperSlots: [1, 3, 5] }).sid, repairOf({ repairId: name32("another") }).sid];
    for (const other of others) expect(other).not.to.deep.equal(sid);
  });

  it("a dealing has exactly the length and layout of PROTOCOL 3.10", () => {
    const bytes = repair.bytes.get(1) as Uint8Array;
    expect(bytes.length).to.equal(64 * 2 + 64 + 32 * 3 + 64);
    expect(repairDealingLength({ threshold: 1, helpers: 2 })).to.equal(64 + 64 + 64 + 64);
    const dealing = dealingOf(1);
    expect([dealing.commitments.length, dealing.encryptedShares.length]).to.deep.equal([2, 3]);
    expect(bytes.slice(0, 32)).to.deep.equal(integerToWord((dealing.commitments[0] as Point).x));
    expect(bytes.slice(128, 160)).to.deep.equal(integerToWord(dealing.ephemeral.x));
    expect(bytes.slice(192, 224)).to.deep.equal(integerToWord(dealing.encryptedShares[0] as bigint));
    expect(bytes.slice(-32)).to.deep.equal(integerToWord(dealing.possessionOfEphemeral.z));
  });

  it("agrees with the naive curve: mask, pad, possession", () => {
    for (const helper of helperSlots) {
      const { commitments, ephemeral, encryptedShares, possessionOfEphemeral } = dealingOf(helper);
      helperSlots.forEach((i, place) => {
        const pad = keccakModN(tag("pad"), sid, BigInt(helper), BigInt(i), mul(naive(ephemeral), repair.secretOf(i).reveal()));
        const mask = mod((encryptedShares[place] as bigint) - pad, N);
        const q = evaluateInTheExponent(commitments.map(naive), BigInt(i));
        expect(mul(base, mask)).to.deep.equal(mul(q, BigInt(i - lost)));
        expect(
          repair
            .masksOf(i)
            .find((one) => one.helper === helper)
            ?.share.reveal(),
        ).to.equal(mask);
      });
      const message = keccak(tag("dealing"), sid, BigInt(helper), keccak(...commitments.map(naive)), naive(ephemeral));
      const { c, z } = possessionOfEphemeral;
      const commitment = naiveAdd(mul(base, z), mul(naive(ephemeral), N - c));
      expect(c).to.equal(keccakModN(tag("possession"), message, naive(ephemeral), addr(commitment)));
    }
  });

  it("agrees with the naive curve: contribution", () => {
    const bytes = repair.contribute(4);
    expect(bytes.length).to.equal(96);
    const ephemeral = { x: bytesToInteger(bytes.slice(0, 32)), y: bytesToInteger(bytes.slice(32, 64)) };
    const pad = keccakModN(tag("pad"), sid, 4n, BigInt(lost), mul(ephemeral, reader.secret.reveal()));
    const p = mod(bytesToInteger(bytes.slice(64)) - pad, N);
    const masks = repair.masksOf(4).reduce((sum, { share }) => sum + share.reveal(), 0n);
    expect(p).to.equal(mod(repair.shareOf(4).reveal() + masks, N));
    expect(repair.pointOf(4).value.reveal()).to.equal(p);
  });

  it("no contribution is a share, and no helper's share fits its point without all masks", () => {
    for (const helper of helperSlots) expect(repair.pointOf(helper).value.reveal()).not.to.equal(repair.shareOf(helper).reveal());
  });

  it("a repeated question gets the same dealings, another session others", () => {
    const [again, other] = [repairOf({}), repairOf({ repairId: name32("the next repair") })];
    for (const helper of helperSlots) {
      expect(again.bytes.get(helper)).to.deep.equal(repair.bytes.get(helper));
      const [mine, next] = [dealingOf(helper), other.dealings.get(helper) as RepairDealing];
      for (const k of [0, 1]) expect(next.commitments[k]?.equals(mine.commitments[k] as Point)).to.equal(false);
      expect(next.ephemeral.equals(mine.ephemeral)).to.equal(false);
    }
  });
});
