import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { nextTurn } from "./turns.ts";

describe("nextTurn", () => {
  it("lets one go on in each turn of the event loop, in order, also those that come meanwhile", async () => {
    const gone: number[] = [];
    const goneByTurn: number[] = [];
    const go = async (index: number): Promise<void> => {
      await nextTurn();
      gone.push(index);
      if (index === 0) void go(4);
    };
    for (const index of [0, 1, 2, 3]) void go(index);
    while (gone.length < 5) {
      await turn();
      goneByTurn.push(gone.length);
    }
    expect(gone).to.deep.equal([0, 1, 2, 3, 4]);
    for (const [index, count] of goneByTurn.entries()) expect(count - (goneByTurn[index - 1] ?? 0)).to.be.at.most(1);
  });
});
