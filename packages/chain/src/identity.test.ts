import { expect } from "chai";
import { ChainUnavailableError, WrongChainError } from "./errors.ts";
import { type ChainIdentity, verifyIdentity } from "./identity.ts";
import type { Rpc } from "./rpc.ts";
import { ModelChain } from "./testing/modelChain.ts";

const world = () => {
  const chain = new ModelChain();
  chain.mine(9);
  const pinned: ChainIdentity = {
    chainId: 31337n,
    genesisHash: chain.chain[0]?.hash ?? "",
    registry: `0x${"aa".repeat(20)}`,
    block: 4,
    blockHash: chain.chain[4]?.hash ?? "",
  };
  return { chain, pinned };
};
const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("verifyIdentity", () => {
  it("accepts the chain that was pinned", async () => {
    const { chain, pinned } = world();
    expect(await failureOf(verifyIdentity(chain.rpc(), pinned))).to.equal("no failure");
  });

  const wrong: readonly (readonly [string, Partial<ChainIdentity>])[] = [
    ["chain id", { chainId: 1n }],
    ["block 0", { genesisHash: `0x${"11".repeat(32)}` }],
    ["deployment's block 4", { blockHash: `0x${"11".repeat(32)}` }],
  ];
  for (const [field, change] of wrong) {
    it(`refuses another ${field}`, async () => {
      const { chain, pinned } = world();
      const error = await failureOf(verifyIdentity(chain.rpc(), { ...pinned, ...change }));
      expect(error).to.be.instanceOf(WrongChainError);
      expect(error).to.include({ code: "WRONG_CHAIN", retryable: false });
      expect((error as WrongChainError).field).to.contain(field);
    });
  }

  it("refuses another chain with the same id: one that was started again", async () => {
    const { pinned } = world();
    const other = new ModelChain();
    other.append([]);
    other.cut(1);
    other.mine(9);
    other.chain.shift(); // its blocks have other hashes and heights
    expect(await failureOf(verifyIdentity(other.rpc(), pinned))).to.be.instanceOf(Error);
  });

  it("refuses an address without code", async () => {
    const { chain, pinned } = world();
    const empty: Rpc = { send: async (method, params) => (method === "eth_getCode" ? "0x" : chain.rpc().send(method, params)) };
    expect(await failureOf(verifyIdentity(empty, pinned))).to.be.instanceOf(WrongChainError);
  });

  it("is unavailable, not wrong, on a node that is still syncing or does not answer", async () => {
    const { chain, pinned } = world();
    chain.cut(8);
    expect(await failureOf(verifyIdentity(chain.rpc(), pinned))).to.include({ reason: "BLOCK_GONE" });
    const dead: Rpc = { send: () => Promise.reject(new ChainUnavailableError("TRANSPORT", "down")) };
    expect(await failureOf(verifyIdentity(dead, pinned))).to.include({ reason: "TRANSPORT" });
  });

  it("refuses a node that ignores the block's hash in a call", async () => {
    const { chain, pinned } = world();
    const ignoring: Rpc = { send: async (method, params) => (method === "eth_call" ? "0x" : chain.rpc().send(method, params)) };
    expect(await failureOf(verifyIdentity(ignoring, pinned))).to.include({ reason: "UNSUPPORTED" });
  });
});
