import { expect } from "chai";
import { every } from "./every.ts";

describe("every", () => {
  const YEAR = 365 * 86_400_000;
  const setUp = () => {
    const time = { now: 1_900_000_000_000 };
    const done: number[] = [];
    const call = every(2_000, { now: () => time.now, sleep: async () => undefined }, async () => done.push(time.now));
    return { time, done, call };
  };

  it("does the work at once, and then once in so many milliseconds", async () => {
    const { time, done, call } = setUp();
    for (const step of [0, 1_999, 1, 500]) {
      time.now += step;
      await call();
    }
    expect(done).to.have.length(2);
  });

  for (const [what, step] of [
    ["put back by a year", -YEAR],
    ["put back by a minute", -60_000],
    ["put ahead by a year, and back again", YEAR],
  ] as const)
    it(`continues where the clock is ${what}`, async () => {
      const { time, done, call } = setUp();
      await call();
      time.now += step;
      await call();
      if (step > 0) {
        time.now -= step;
        await call();
      }
      expect(done).to.have.length(step > 0 ? 3 : 2);
      await call();
      expect(done, "and no more often than before").to.have.length(step > 0 ? 3 : 2);
    });
});
