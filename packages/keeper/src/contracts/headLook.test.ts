import { expect } from "chai";
import { createFakeChain } from "../testing/fakeChain.ts";
import { createHeadLook } from "./headLook.ts";

describe("createHeadLook", () => {
  it("shares looks among those who ask at once, and shows nobody a block older than its question", async () => {
    const chain = createFakeChain();
    chain.finalLag = 10;
    let asked = 0;
    const send: typeof chain.rpc.send = async (method, params, options) => {
      asked += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return chain.rpc.send(method, params, options);
    };
    const look = createHeadLook({ rpc: { send }, finality: { kind: "finalized" } });
    const first = look();
    await new Promise((resolve) => setImmediate(resolve)); // the first look has begun
    const questions = Array.from({ length: 100 }, look);
    chain.head = 25; // after the first look began, before the second
    const heads = await Promise.all(questions);
    await first;
    expect(new Set(heads.map(({ head }) => head.number))).to.deep.equal(new Set([25]));
    expect(asked, "three questions of two looks").to.equal(6);
    chain.head = 26;
    expect((await look()).head.number).to.equal(26);
  });
  it("fails for those who asked while the node was away, and for nobody after them", async () => {
    const chain = createFakeChain();
    chain.isReachable = false;
    const look = createHeadLook({ rpc: chain.rpc, finality: { kind: "finalized" } });
    const outcomes = await Promise.allSettled([look(), look()]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    chain.isReachable = true;
    expect((await look()).head.number).to.equal(20);
  });
});
