import { expect } from "chai";
import { parseConfirmations } from "./parseConfirmations.ts";
import { UsageError } from "./usageError.ts";

describe("--confirmations", () => {
  it("is a whole number of blocks, none included; left out, it says nothing", () => {
    expect(parseConfirmations("12")).to.deep.equal({ kind: "confirmations", blocks: 12 });
    expect(parseConfirmations("0")).to.deep.equal({ kind: "confirmations", blocks: 0 });
    expect(parseConfirmations(undefined)).to.equal(undefined);
  });

  for (const bad of ["", "-1", "1.5", "1e3", "0x10", "finalized", " 3", "10001", "9".repeat(20)])
    it(`refuses ${JSON.stringify(bad)}`, () => {
      expect(() => parseConfirmations(bad)).to.throw(UsageError, "--confirmations");
    });
});
