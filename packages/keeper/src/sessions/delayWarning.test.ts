import { expect } from "chai";
import { createFakeChain, type FakeChain, fakeContracts } from "../testing/fakeChain.ts";
import { delayWarning } from "./delayWarning.ts";

describe("the warning of a delay that is longer than an epoch takes to open and its keys to be dealt", () => {
  let chain: FakeChain;
  beforeEach(() => {
    chain = createFakeChain(); // a block each second
    chain.answers["keeperRegistry.minEpochDelay"] = () => [3_000n];
    chain.answers["keyGeneration.windows"] = () => [[40, 8, 40, 40]];
  });
  const warn = (minDelaySeconds: number) => delayWarning({ rpc: chain.rpc, contracts: fakeContracts(), minDelaySeconds });

  it("is given above minEpochDelay and the window together, and names both in seconds", async () => {
    expect(await warn(3_040)).to.equal(undefined);
    const warning = await warn(3_041);
    expect(warning).to.include("3041").and.include("3000 s").and.include("about 40 s");
  });
  it("is not given where the delay is 0", async () => {
    chain.answers["keeperRegistry.minEpochDelay"] = () => [0n];
    expect(await warn(0)).to.equal(undefined);
  });
  it("knows no time between blocks on a chain with one block, and counts the window as nothing", async () => {
    chain.head = 0;
    expect(await warn(3_001)).to.include("about 0 s");
  });
});
