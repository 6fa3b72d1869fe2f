import { expect } from "chai";
import { blockHash, createFakeChain, fakeContracts } from "../testing/fakeChain.ts";
import { createChainReader } from "./chainReader.ts";

describe("who is absent, as of a block", () => {
  const setUp = () => {
    const chain = createFakeChain();
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts(), clock: { now: () => 0 } });
    const all = (block: number) => {
      const at = reader.at(blockHash(block));
      return Promise.all([at.removedKeepers(), at.absentIn(2, 0b110n), at.absentIn(3, 0b110n), at.absentIn(2, 0b1000n)]);
    };
    return { chain, all };
  };

  it("is one question each for all who ask at the same time", async () => {
    const { chain, all } = setUp();
    chain.answers["keeperRegistry.removedKeepers"] = () => [0b1010n];
    for (const answer of await Promise.all([all(20), all(20), all(20)])) expect(answer).to.deep.equal([0b1010n, 0b10n, 0b10n, 0b1000n]);
    expect(chain.calls).to.have.length(4);
  });
  it("is asked of each block by itself", async () => {
    const { chain, all } = setUp();
    chain.answers["keeperRegistry.removedKeepers"] = (_args, block) => [block === 20 ? 0b10n : 0n];
    const [newest, before] = await Promise.all([all(20), all(18)]);
    expect([newest[0], before[0]]).to.deep.equal([0b10n, 0n]);
    expect(chain.calls).to.have.length(8);
  });
  it("is asked anew by who comes later, of the same block too: a transaction is not sent by what was said before", async () => {
    const { chain, all } = setUp();
    expect((await all(20))[0]).to.equal(0n);
    chain.answers["keeperRegistry.removedKeepers"] = () => [0b10n];
    expect((await all(20))[0]).to.equal(0b10n);
  });
  it("a question that failed is asked again", async () => {
    const { chain, all } = setUp();
    chain.isReachable = false;
    expect(await Promise.all([all(20), all(20)]).catch(({ code }: { code: string }) => code)).to.be.a("string");
    chain.isReachable = true;
    expect((await all(20))[0]).to.equal(0n);
  });
});

describe("how long a request lives, as of a block", () => {
  it("is one question for all who ask at the same time, and is asked anew by who comes later: shares are erased by it", async () => {
    const chain = createFakeChain();
    const reader = createChainReader({ rpc: chain.rpc, contracts: fakeContracts(), clock: { now: () => 0 } });
    for (const contract of ["shareRequests", "optimisticRequests"]) chain.answers[`${contract}.requestLifetime`] = () => [60n];
    const ask = (): Promise<bigint> => reader.at(blockHash(20)).requestLifetime();
    await Promise.all([ask(), ask(), ask()]);
    expect(chain.calls).to.have.length(2); // of each request contract
    await ask();
    expect(chain.calls).to.have.length(4);
  });
});
