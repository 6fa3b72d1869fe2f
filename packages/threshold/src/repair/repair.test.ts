import { expect } from "chai";
import { network } from "../../test/fixtures.ts";
import { repairOf } from "../../test/repair.ts";

describe("repair", () => {
  const shapes = [
    { slots: [1, 2, 3, 4, 5], threshold: 2, lost: 2, helperSlots: [1, 3, 4] },
    { slots: [1, 2, 3, 4, 5], threshold: 2, lost: 1, helperSlots: [2, 3, 4, 5] },
    { slots: [3, 7, 255], threshold: 1, lost: 255, helperSlots: [3, 7] },
    { slots: [3, 7, 255], threshold: 1, lost: 3, helperSlots: [7, 255] },
    { slots: [2, 4, 6, 8, 10, 12, 14], threshold: 3, lost: 8, helperSlots: [2, 4, 12, 14] },
  ];
  for (const { slots, threshold, lost, helperSlots } of shapes)
    it(`gives ${lost} of ${slots} its share again from ${helperSlots} (t = ${threshold})`, () => {
      const repair = repairOf({ net: network(slots, threshold), lost, helperSlots });
      expect(repair.recover().reveal()).to.equal(repair.shareOf(lost).reveal());
    });
});
