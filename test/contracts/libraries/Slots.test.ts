import { expect } from "chai";
import { network } from "hardhat";
import { bitmapOf } from "../../fixtures/keyGeneration.ts";
import { rollDice } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("LibraryHarness");

describe("Slots", () => {
  it("counts, finds and places slots, 255 included", async () => {
    const dice = rollDice("slots");
    const all = Array.from({ length: 255 }, (_, i) => i + 1);
    for (const slots of [[], [1], [255], [1, 2, 4, 5, 9], all, all.filter(() => dice.below(4) === 0)]) {
      const slot = dice.pick([...slots, 1, 3, 255]);
      const { has, count, place, lowest } = await harness.slots(bitmapOf(slots), slot);
      expect(has).to.equal(slots.includes(slot));
      expect(count).to.equal(slots.length);
      expect(place).to.equal(slots.filter((other) => other < slot).length);
      if (slots.length > 0) expect(lowest).to.equal(slots[0]);
    }
  });
});
