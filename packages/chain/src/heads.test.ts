import { expect } from "chai";
import { ChainUnavailableError } from "./errors.ts";
import { parseFinality } from "./finality.ts";
import { readHeads } from "./heads.ts";
import { ModelChain } from "./testing/modelChain.ts";

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );
const long = (): ModelChain => {
  const chain = new ModelChain();
  chain.mine(20);
  return chain;
};

describe("readHeads", () => {
  it("takes the node's finalized block, or one under so many others, down to the first", async () => {
    const chain = long();
    chain.finalized = 7;
    const numbers = async (finality: Parameters<typeof readHeads>[1]) => {
      const { head, final } = await readHeads(chain.rpc(), finality);
      return [head.number, final.number];
    };
    expect(await numbers({ kind: "finalized" })).to.deep.equal([20, 7]);
    expect(await numbers({ kind: "confirmations", blocks: 3 })).to.deep.equal([20, 17]);
    expect(await numbers({ kind: "confirmations", blocks: 0 })).to.deep.equal([20, 20]);
    expect(await numbers({ kind: "confirmations", blocks: 99 })).to.deep.equal([20, 0]);
  });

  it("reads again when the chain moves in between, so that both blocks are on one chain", async () => {
    const chain = long();
    let asked = 0;
    chain.onSend = () => {
      asked += 1;
      if (asked !== 2) return;
      chain.cut(15);
      chain.mine(16);
    };
    const { head, final } = await readHeads(chain.rpc(), { kind: "confirmations", blocks: 10 });
    expect(chain.branchOf(head.hash).map(({ hash }) => hash)).to.include(final.hash);
    expect(head.hash).to.equal(chain.head.hash);
  });

  it("is unavailable when the chain keeps moving, has no finalized block, or finality is above the head", async () => {
    const moving = long();
    moving.onSend = () => {
      moving.cut(15);
      moving.mine(15);
    };
    expect(await failureOf(readHeads(moving.rpc(), { kind: "confirmations", blocks: 2 }))).to.be.instanceOf(ChainUnavailableError);
    const young = {
      send: async (_: string, params: readonly unknown[]) =>
        params[0] === "finalized" ? null : long().rpc().send("eth_getBlockByNumber", ["latest"]),
    };
    expect(await failureOf(readHeads(young, { kind: "finalized" }))).to.include({ reason: "BLOCK_GONE" });
    const [short, tall] = [new ModelChain(), long()];
    tall.finalized = 20;
    const mixed = {
      send: (method: string, params: readonly unknown[]) => (params[0] === "finalized" ? tall : short).rpc().send(method, params),
    };
    expect(await failureOf(readHeads(mixed, { kind: "finalized" }))).to.be.instanceOf(ChainUnavailableError);
  });

  it("reads finality from configuration, strictly", () => {
    expect(parseFinality("finalized")).to.deep.equal({ kind: "finalized" });
    expect(parseFinality(12)).to.deep.equal({ kind: "confirmations", blocks: 12 });
    for (const bad of [Number.NaN, -1, -0, 2.5, "3", "safe", null, undefined, {}]) expect(() => parseFinality(bad)).to.throw(RangeError);
  });
});
