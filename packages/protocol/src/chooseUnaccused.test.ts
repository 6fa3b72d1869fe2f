import { expect } from "chai";
import { type Conflict, chooseUnaccused } from "./chooseUnaccused.ts";

describe("chooseUnaccused", () => {
  it("takes the first ones, ascending", () => {
    expect(chooseUnaccused([9, 1, 5, 4], [], 3)).to.deep.equal([1, 5, 9]);
  });
  it("gives none where there are too few", () => {
    expect(chooseUnaccused([1, 2], [], 3)).to.equal(undefined);
    expect(chooseUnaccused([], [], 1)).to.equal(undefined);
  });
  it("puts nobody beside whom it accused, or by whom it was accused", () => {
    expect(chooseUnaccused([1, 2, 3, 4], [[2, 1]], 3)).to.deep.equal([1, 3, 4]);
    expect(chooseUnaccused([1, 2, 3, 4], [[1, 2]], 3)).to.deep.equal([1, 3, 4]);
    expect(chooseUnaccused([1, 2, 3], [[1, 2]], 3)).to.equal(undefined);
  });
  it("finds the honest ones, whoever the liars accuse", () => {
    const liars = [1, 2, 3];
    const honest = [4, 5, 6, 7];
    const conflicts = liars.flatMap((liar) => honest.map((one): Conflict => [one, liar]));
    expect(chooseUnaccused([...liars, ...honest], conflicts, 4)).to.deep.equal(honest);
  });
  it("ends soon where there is no such set among many", () => {
    const slots = Array.from({ length: 63 }, (_, index) => index + 1);
    const conflicts = slots.flatMap((one) =>
      slots.filter((other) => other > one && (one + other) % 3 !== 0).map((other): Conflict => [one, other]),
    );
    const begun = Date.now();
    expect(chooseUnaccused(slots, conflicts, 32)).to.equal(undefined);
    expect(Date.now() - begun).to.be.below(60_000);
  });
});
