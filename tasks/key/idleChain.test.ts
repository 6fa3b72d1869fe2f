import { expect } from "chai";
import { createIdleWatch } from "./idleChain.ts";

describe("createIdleWatch", () => {
  const watching = (isLocal: boolean) => {
    const time = { now: 0 };
    const look = createIdleWatch(isLocal, () => time.now);
    return (at: number, block: number): string | undefined => {
      time.now = at;
      return look(block);
    };
  };

  it("says what is waited for where no block comes, once, and again after the next block", () => {
    const look = watching(true);
    expect(look(0, 7)).to.equal(undefined);
    expect(look(4_000, 7)).to.equal(undefined);
    expect(look(6_000, 7)).to.contain("Waiting for new blocks: the newest, 7, is 6 s old");
    expect(look(60_000, 7)).to.equal(undefined);
    expect(look(61_000, 8)).to.equal(undefined);
    expect(look(67_000, 8)).to.contain("8");
  });

  it("is silent while blocks come", () => {
    const look = watching(true);
    for (let block = 0; block < 100; block++) expect(look(block * 4_000, block)).to.equal(undefined);
  });

  it("has more patience with chains that are not on this machine, and none with a node that goes back", () => {
    const look = watching(false);
    look(0, 100);
    expect(look(60_000, 99)).to.equal(undefined);
    expect(look(121_000, 98)).to.contain("the newest, 100");
  });
});
