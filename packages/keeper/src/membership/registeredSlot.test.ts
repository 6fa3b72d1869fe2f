import { G, toXY } from "@keyquorum/threshold";
import { expect } from "chai";
import { createFakeChain, type FakeChain } from "../testing/fakeChain.ts";
import { createTempKeeper, type TempKeeper } from "../testing/tempKeeper.ts";
import { assertNotRegistered, registeredSlot } from "./registeredSlot.ts";

describe("init, before it makes a new identity", () => {
  let temp: TempKeeper;
  let chain: FakeChain;
  beforeEach(async () => {
    temp = await createTempKeeper();
    chain = createFakeChain();
  });
  afterEach(() => temp.remove());

  const register = (removed: boolean): void => {
    chain.answers["keeperRegistry.slotOf"] = () => [3n];
    chain.answers["keeperRegistry.keeperAt"] = () => [[`0x${"11".repeat(20)}`, 3, removed, toXY(G), "", "", "Clara"]];
  };
  const codeOf = (slot: number | undefined): unknown => {
    try {
      assertNotRegistered(slot, "/data");
      return "continues";
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };

  it("when the registry has the operator, it should refuse", async () => {
    register(false);
    expect(codeOf(await registeredSlot(temp.config, chain.rpc))).to.equal("KEEPER_REGISTERED");
  });

  it("when the registry has removed the keeper, or does not know the operator, it should continue", async () => {
    register(true);
    expect(codeOf(await registeredSlot(temp.config, chain.rpc))).to.equal("continues");
    chain.answers["keeperRegistry.slotOf"] = () => [0n];
    expect(await registeredSlot(temp.config, chain.rpc)).to.equal(0);
  });

  it("when the chain cannot be asked, it should say that it does not know", async () => {
    const slot = await registeredSlot(temp.config, { send: () => Promise.reject(new Error("no connection")) });
    expect([slot, codeOf(slot)]).to.deep.equal([undefined, "continues"]);
  });
});
