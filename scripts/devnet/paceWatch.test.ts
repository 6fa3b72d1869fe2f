import { expect } from "chai";
import { createPaceWatch } from "./paceWatch.ts";

/** Looks every two seconds at a chain of four blocks a second; `came` says how many blocks came in between. */
const watch = (came: readonly (number | undefined)[]): readonly string[] => {
  const lines: string[] = [];
  const look = createPaceWatch(250, (line) => lines.push(line));
  let block = 100;
  look(0, block);
  came.forEach((blocks, index) => {
    block += blocks ?? 0;
    look((index + 1) * 2_000, blocks === undefined ? undefined : block);
  });
  return lines;
};

describe("the pace of a devnet's chain", () => {
  it("is not spoken of while blocks come at up to twice their time, nor after a moment's stop", () => {
    expect(watch([8, 8, 7, 4, 4, 4, 4])).to.deep.equal([]);
    expect(watch([0, 0, 8, 0, 0, 8])).to.deep.equal([]);
  });
  it("is told once when blocks are later than twice their time for a while, with how late", () => {
    const lines = watch([8, 2, 2, 2, 2, 2, 2]);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include("a block every 1.0 s instead of every 0.25 s");
  });
  it("is told when no block comes at all, or the chain does not answer, and when it keeps up again", () => {
    expect(watch([0, 0, 0, 8, 8])[0]).to.include("no block");
    expect(watch([0, undefined, undefined, 8, 8])).to.have.length(2);
    expect(watch([undefined, undefined, undefined, 8]).at(-1)).to.equal("The chain keeps up again.");
  });
});
