import { expect } from "chai";
import type { Names } from "../slots.ts";
import { parseSlots } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { chooseMembers, describeChange } from "./members.ts";

const names: Names = {
  of: (slot) => `${slot} (K${slot})`,
  list: (slots) => slots.map((slot) => `K${slot}`).join(", "),
  bare: (slot) => `K${slot}`,
  staying: [1, 2, 4, 5, 6],
};

describe("Who is to be in an epoch", () => {
  it("is everybody who is not removed, those who are named, or all but those", () => {
    expect(chooseMembers({}, names)).to.deep.equal([1, 2, 4, 5, 6]);
    expect(chooseMembers({ members: "6, 1,2" }, names)).to.deep.equal([1, 2, 6]);
    expect(chooseMembers({ without: "1,5" }, names)).to.deep.equal([2, 4, 6]);
  });

  const refused: Readonly<Record<string, Parameters<typeof chooseMembers>[0]>> = {
    "a removed keeper": { members: "1,2,3" },
    "a keeper that never was": { without: "9" },
    "fewer than three": { members: "1,2" },
    "both at once": { members: "1,2,4", without: "5" },
    "what is not a slot": { members: "1,2,x" },
    "slot 0": { members: "0,1,2" },
  };
  for (const [what, options] of Object.entries(refused))
    it(`is not ${what}`, () => {
      expect(() => chooseMembers(options, names)).to.throw(UsageError);
    });

  it("is told by who comes and who goes", () => {
    expect(describeChange([1, 2, 4], [2, 4, 5], names)).to.equal("comes: K5; goes: K1");
    expect(describeChange([1, 2], [1, 2], names)).to.equal("the same keepers");
  });

  it("names a slot once", () => {
    expect(parseSlots("3,1,3")).to.deep.equal([1, 3]);
  });
});
