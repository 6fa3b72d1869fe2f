import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { mapInTurns } from "./inTurns.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe("mapInTurns", () => {
  it("keeps the order, whatever ends first, and takes plain values, too", async () => {
    const made = await mapInTurns(numbers(9), async (index) => {
      for (let left = 9 - index; left > 0; left -= 1) await turn();
      return index * 2;
    });
    expect(made).to.deep.equal(numbers(9).map((index) => index * 2));
    expect(await mapInTurns(numbers(9), (index) => index + 1)).to.deep.equal(numbers(9).map((index) => index + 1));
  });
  it("begins a few in each turn, and waits for none of them to begin the next", async () => {
    let begun = 0;
    const begunByTurn: number[] = [];
    void mapInTurns(
      numbers(5),
      () => {
        begun += 1;
        return new Promise(() => undefined);
      },
      2,
    );
    for (let turns = 0; turns < 3; turns += 1) {
      begunByTurn.push(begun);
      await turn();
    }
    expect(begunByTurn).to.deep.equal([2, 4, 5]);
  });
  it("throws what the first one that fails throws, and begins no more", async () => {
    let begun = 0;
    const failing = mapInTurns(
      numbers(50),
      async (index) => {
        begun += 1;
        if (index === 1) throw new Error("the node is silent");
      },
      2,
    );
    expect(await failing.catch(({ message }: Error) => message)).to.equal("the node is silent");
    expect(begun).to.equal(2);
  });
});
