import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { bytes, createPlace, hex, optionsFor } from "../testing/fixtures.ts";
import { createVault } from "../vault.ts";
import { forEachInTurns } from "./endOfTurn.ts";

/** Turns of the event loop until `work` is over. */
const turnsOf = async (work: Promise<unknown>): Promise<number> => {
  let [isOver, turns] = [false, 0];
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await turn();
    turns += 1;
  }
  await over;
  return turns;
};
const items = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe("forEachInTurns", () => {
  it("does one after the other, in order, and what fails ends it", async () => {
    const done: number[] = [];
    const outcome = await forEachInTurns(items(40), async (item) => {
      if (item === 33) throw new Error("the disk is full");
      await turn();
      done.push(item);
    }).catch(({ message }: Error) => message);
    expect(outcome).to.equal("the disk is full");
    expect(done).to.deep.equal(items(33));
  });
  it("lets the event loop turn after every sixteen", async () => {
    expect(await turnsOf(forEachInTurns(items(16), async () => undefined))).to.equal(1);
    expect(await turnsOf(forEachInTurns(items(160), async () => undefined))).to.be.greaterThan(9);
  });
});

describe("a vault lets the event loop turn", () => {
  let place: ReturnType<typeof createPlace>;
  let vault: Awaited<ReturnType<typeof createVault>>;
  before(async () => {
    place = createPlace();
    vault = await createVault(await optionsFor(place));
  });
  after(async () => {
    await vault.close();
    place.remove();
  });
  const logs = (from: number, count: number) =>
    items(count).map((index) => ({
      ...{ address: hex(0xa0).slice(0, 42), topics: [hex(0x70)], data: "0x", blockNumber: from, blockHash: hex(from % 200) },
      ...{ transactionHash: hex(0x7a), logIndex: index },
    }));
  /** How many more turns the larger work takes than the smaller one: what every commit takes is in both. */
  const moreTurns = async (few: () => Promise<unknown>, many: () => Promise<unknown>): Promise<number> => {
    const before = await turnsOf(few());
    return (await turnsOf(many())) - before;
  };

  it("while it mirrors the logs of a full block", async () => {
    const cursor = vault.follower();
    const commit = (from: number, count: number) => cursor.commit({ logs: logs(from, count), state: { next: from } });
    expect(
      await moreTurns(
        () => commit(1, 1),
        () => commit(2, 160),
      ),
    ).to.be.greaterThan(7);
    expect(await vault.logs.find()).to.have.length(161);
  });
  it("while many write together, whose commit is one all the same", async () => {
    const write = (from: number, count: number) =>
      Promise.all(items(count).map((index) => vault.work.add({ id: `${from + index}`, kind: "test", payload: bytes(index % 200) })));
    expect(
      await moreTurns(
        () => write(0, 1),
        () => write(1, 64),
      ),
    ).to.be.greaterThan(2);
  });
});
