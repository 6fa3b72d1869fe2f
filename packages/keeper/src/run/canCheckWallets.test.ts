import { ChainUnavailableError, RpcError } from "@keyquorum/chain";
import { expect } from "chai";
import { createFakeChain, FAKE_ADDRESSES } from "../testing/fakeChain.ts";
import { canCheckWallets } from "./canCheckWallets.ts";

describe("canCheckWallets", () => {
  const ask = (simulate: () => string) => {
    const chain = createFakeChain();
    chain.simulate = simulate;
    return canCheckWallets(chain.rpc, FAKE_ADDRESSES.shareRequests);
  };
  it("says whether a node runs creation code by eth_call", async () => {
    expect(await ask(() => "0x02")).to.equal(true);
    expect(await ask(() => "0x"), "it answers with nothing").to.equal(false);
    const refuse = (): never => {
      throw new RpcError("eth_call", 3, "contract creation is not supported", "0x");
    };
    expect(await ask(refuse), "it reverts").to.equal(false);
  });
  it("does not say so when the node cannot be asked", async () => {
    const chain = createFakeChain();
    chain.isReachable = false;
    const error = await canCheckWallets(chain.rpc, FAKE_ADDRESSES.shareRequests).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ChainUnavailableError);
  });
});
