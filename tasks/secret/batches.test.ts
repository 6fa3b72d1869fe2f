import { expect } from "chai";
import { type GrantChanges, inBatches } from "./batches.ts";

const asItIs = (one: GrantChanges): GrantChanges => one;
const many = (count: number, one: GrantChanges): readonly GrantChanges[] => Array.from({ length: count }, () => one);

describe("Batches of secrets", () => {
  it("are one where all fit, and none where nothing is to do", () => {
    expect(inBatches([], asItIs)).to.deep.equal([]);
    expect(inBatches(many(50, { all: 1, changed: 1 }), asItIs)).to.have.length(1);
  });

  it("keep the order, lose nothing, and hold no more than a transaction may take", () => {
    const secrets = Array.from({ length: 300 }, (_, index) => ({ index, all: 3, changed: 2 }));
    const batches = inBatches(secrets, asItIs);
    expect(batches.flat()).to.deep.equal(secrets);
    expect(Math.max(...batches.map((batch) => batch.length))).to.be.at.most(30);
    expect(Math.min(...batches.slice(0, -1).map((batch) => batch.length))).to.be.at.least(25);
  });

  it("do not cut a document that is larger than a part by itself", () => {
    expect(inBatches([{ all: 256, changed: 256 }, ...many(2, { all: 1, changed: 1 })], asItIs).map(({ length }) => length)).to.deep.equal([
      1, 2,
    ]);
  });
});
