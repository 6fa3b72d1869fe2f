import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "./cases.ts";

describe("how many random cases a test runs", () => {
  it("is its own number without KEYQUORUM_CASES", () => {
    expect([casesFor(100, ""), casesFor(8, "")]).to.deep.equal([100, 8]);
  });

  it("is in proportion to what KEYQUORUM_CASES is for a hundred, rounded up", () => {
    expect([casesFor(100, "10000"), casesFor(8, "10000"), casesFor(1, "150")]).to.deep.equal([10_000, 800, 2]);
  });

  it("is refused where it says fewer than a hundred, or no number", () => {
    for (const bad of ["99", "0", "-100", "1e4", "many", "10000000"]) expect(() => casesFor(100, bad), bad).to.throw("KEYQUORUM_CASES");
  });

  it("is what fast-check runs where a property names no number", () => {
    expect(fc.readConfigureGlobal().numRuns).to.equal(casesFor(100));
  });
});
