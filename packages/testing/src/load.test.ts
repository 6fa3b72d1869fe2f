import { expect } from "chai";
import { describeLoad, quantile, startLoad } from "./load.ts";

describe("startLoad", () => {
  it("counts what succeeds and explains what fails, by kind and phase, and ends when it is told to", async () => {
    let [calls, isIll] = [0, false];
    const load = startLoad(
      {
        well: () => Promise.resolve(),
        ill: async () => {
          calls += 1;
          if (isIll) throw Object.assign(new Error("no"), { code: "DENIED", details: { slot: 2n } });
        },
      },
      { pauseMilliseconds: 1 },
    );
    await load.untilMore(2, 2_000);
    load.enter("later");
    isIll = true;
    const before = calls;
    while (calls < before + 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const operations = await load.stop();
    const failed = operations.filter(({ explanation }) => explanation !== undefined);
    expect(failed.at(-1)).to.include({ kind: "ill", phase: "later", explanation: 'DENIED: no {"slot":"2"}' });
    expect(operations.filter(({ kind, explanation }) => kind === "well" && explanation !== undefined)).to.have.length(0);
    expect(describeLoad(operations)).to.include(`${failed.length} failed`);
    const count = calls;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).to.equal(count);
  });

  it("says so when nothing succeeds in time", async () => {
    const load = startLoad({ ill: () => Promise.reject(new Error("never")) });
    const error = await load.untilMore(1, 100).catch((reason: unknown) => reason);
    expect(String(error)).to.include("never");
    await load.stop();
  });
});

describe("quantile", () => {
  it("is the value below which a part lies", () => {
    expect([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.95), quantile([], 0.5)]).to.deep.equal([2, 3, Number.NaN]);
  });
});
