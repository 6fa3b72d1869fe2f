import { G, toXY } from "@keyquorum/threshold";
import { parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createChainReader } from "../contracts/chainReader.ts";
import { createFakeChain, fakeContracts, headsOf } from "../testing/fakeChain.ts";
import { createCommittees } from "./committees.ts";

const operator = parseAddress(`0x${"a1".repeat(20)}`);

describe("createCommittees", () => {
  it("attack 10: does not believe forever what one moment's providers said of a final epoch", async () => {
    const chain = createFakeChain();
    let slots: readonly number[] = [1, 2];
    let asked = 0;
    chain.answers["keeperRegistry.committeeOf"] = () => {
      asked += 1;
      return [slots.map((slot) => [slot, operator, toXY(G), toXY(G)])];
    };
    const committees = createCommittees({ reader: createChainReader({ rpc: chain.rpc, contracts: fakeContracts() }) });
    const slotsNow = async () => (await committees.of(1, headsOf(chain))).map(({ slot }) => slot);
    expect(await slotsNow()).to.deep.equal([1, 2]);
    slots = [1, 2, 3];
    chain.head += 599;
    expect([await slotsNow(), asked], "asked once").to.deep.equal([[1, 2], 1]);
    chain.head += 1;
    expect(await slotsNow()).to.deep.equal([1, 2, 3]);
    expect(committees.known(1)).to.have.length(3);
    slots = [];
    chain.head += 600;
    expect(await slotsNow()).to.deep.equal([]);
    expect(committees.known(1)).to.equal(undefined);
  });
});
