import { expect } from "chai";
import { createGiveWay } from "./giveWay.ts";

describe("createGiveWay", () => {
  let slept: number;
  let onSleep: () => void;
  beforeEach(() => {
    slept = 0;
    onSleep = () => undefined;
  });
  const create = () =>
    createGiveWay({
      clock: {
        now: () => slept,
        sleep: async (milliseconds) => {
          slept += milliseconds;
          onSleep();
        },
      },
    });

  it("lets a computation start at once while no answer is being made", async () => {
    await create().turn();
    expect(slept).to.equal(0);
  });

  it("lets it wait for answers, also for those that fail", async () => {
    const way = create();
    const ends: (() => void)[] = [];
    const good = way.first(() => new Promise<void>((resolve) => ends.push(resolve)));
    const bad = way.first(() => new Promise<void>((_, reject) => ends.push(() => reject(new Error("refused")))));
    bad.catch(() => undefined);
    onSleep = () => ends.shift()?.();
    await way.turn();
    await good;
    expect(slept).to.be.within(10, 15);
    const before = slept;
    await way.turn();
    expect(slept).to.equal(before);
  });

  it("lets it continue after a while, though readers never stop", async () => {
    const way = create();
    void way.first(() => new Promise(() => undefined));
    await way.turn();
    expect(slept).to.equal(200);
  });
});
