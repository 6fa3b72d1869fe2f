import { expect } from "chai";
import { restWhileQuiet } from "./whileQuiet.ts";

describe("restWhileQuiet", () => {
  const setUp = () => {
    const at = { now: 1_900_000_000_000, changes: 0, fails: false, isWaiting: false };
    const looked: number[] = [];
    const call = restWhileQuiet(
      { clock: { now: () => at.now }, changes: () => at.changes, isWaiting: () => at.isWaiting },
      async (argument: number) => {
        looked.push(argument);
        if (at.fails) throw new Error("the chain is away");
      },
    );
    const steps = async (count: number, milliseconds: number): Promise<number> => {
      const before = looked.length;
      for (let step = 0; step < count; step += 1) {
        at.now += milliseconds;
        await call(step);
      }
      return looked.length - before;
    };
    return { at, looked, call, steps };
  };

  it("looks at the first call, then once in ten seconds", async () => {
    const { call, steps, looked } = setUp();
    await call(7);
    expect(looked).to.deep.equal([7]);
    expect(await steps(30, 2_000)).to.equal(6);
  });
  it("looks at the call after a change, and at every call for half a minute", async () => {
    const { at, steps } = setUp();
    await steps(60, 2_000);
    at.changes += 1;
    expect(await steps(1, 1)).to.equal(1);
    expect(await steps(14, 2_000)).to.equal(14);
    expect(await steps(30, 2_000)).to.equal(6);
  });
  it("looks at every call while it waits for something that no change tells", async () => {
    const { at, steps } = setUp();
    await steps(60, 2_000);
    at.isWaiting = true;
    expect(await steps(20, 100)).to.equal(20);
    at.isWaiting = false;
    expect(await steps(30, 2_000)).to.equal(6);
  });
  it("a look that failed is taken again at the next call", async () => {
    const { at, steps } = setUp();
    await steps(60, 2_000);
    [at.fails, at.now] = [true, at.now + 10_000];
    expect(await steps(1, 1).catch(({ message }: Error) => message)).to.equal("the chain is away");
    at.fails = false;
    expect(await steps(1, 1)).to.equal(1);
    expect(await steps(1, 1)).to.equal(0);
  });
  it("a look that failed is taken again at the next call also where looking at every call ends with it", async () => {
    const { at, steps } = setUp();
    await steps(60, 2_000);
    at.changes += 1;
    await steps(15, 1_999); // the last one is long before ten seconds are over again
    at.fails = true;
    expect(await steps(1, 1).catch(({ message }: Error) => message)).to.equal("the chain is away");
    at.fails = false;
    expect(await steps(1, 2_100)).to.equal(1);
    expect(await steps(1, 1)).to.equal(0);
  });
  it("looks at every call no longer where the clock is put back by a year meanwhile", async () => {
    const { at, steps } = setUp();
    await steps(60, 2_000);
    at.changes += 1;
    expect(await steps(3, 2_000)).to.equal(3);
    at.now -= 365 * 86_400_000;
    expect(await steps(1, 0)).to.equal(1);
    expect(await steps(5, 2_000)).to.equal(1);
  });
  for (const [what, step] of [
    ["put back by a year", -365 * 86_400_000],
    ["put ahead by a year", 365 * 86_400_000],
  ] as const)
    it(`continues where the clock is ${what}`, async () => {
      const { at, steps } = setUp();
      await steps(60, 2_000);
      at.now += step;
      expect(await steps(1, 0)).to.equal(1);
      expect(await steps(5, 2_000)).to.equal(1);
    });
});
