import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { codeOf, hashNamed } from "./actors.test.ts";
import { bitmapOf, parseSlot, slotsOf } from "./bitmap.ts";
import { rankOf } from "./rank.ts";

const slots = fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 64 });

describe("Bitmaps", () => {
  it("when slots become a bitmap and slots again, they should be the same, ascending", () => {
    fc.assert(
      fc.property(slots, (given) => {
        expect(slotsOf(bitmapOf(given))).to.deep.equal(given.toSorted((a, b) => a - b));
      }),
    );
    expect(bitmapOf([1, 2, 5])).to.equal(0b100110n);
    expect(bitmapOf([255])).to.equal(1n << 255n);
  });

  it("when a slot is not a slot, it should be refused", async () => {
    for (const bad of [0, -0, -1, 256, 2.5, Number.NaN, "3", 3n, null, undefined])
      expect(await codeOf(() => parseSlot(bad))).to.equal("INVALID_VALUE");
    expect(await codeOf(() => bitmapOf([1, 0]))).to.equal("INVALID_VALUE");
    expect(await codeOf(() => bitmapOf([3, 3]))).to.equal("INVALID_VALUE");
  });

  it("when a bitmap has bit 0, is too wide or negative, it should be refused", async () => {
    for (const bad of [1n, 1n << 256n, -2n]) expect(await codeOf(() => slotsOf(bad))).to.equal("INVALID_VALUE");
  });
});

describe("Ranks", () => {
  it("when slots are ranked, each should have a place of its own, whatever their order", () => {
    fc.assert(
      fc.property(slots, fc.nat(), (given, n) => {
        const id = hashNamed(`work ${n}`);
        const ranks = given.map((slot) => rankOf(id, slot, given));
        expect(ranks.toSorted((a, b) => a - b)).to.deep.equal(given.map((_, i) => i));
        expect(given.map((slot) => rankOf(id, slot, given.toReversed()))).to.deep.equal(ranks);
      }),
      { numRuns: casesFor(20) },
    );
  });

  it("when the work differs, the first should differ too", () => {
    const first = new Set(
      Array.from({ length: 50 }, (_, n) => [1, 2, 3, 4, 5].find((slot) => rankOf(hashNamed(`${n}`), slot, [1, 2, 3, 4, 5]) === 0)),
    );
    expect(first.size).to.equal(5);
  });

  it("when the slot is not among them, it should be refused", async () => {
    expect(await codeOf(() => rankOf(hashNamed("work"), 6, [1, 2, 3]))).to.equal("INVALID_VALUE");
  });
});
