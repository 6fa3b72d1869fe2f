import { expect } from "chai";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import { parseFinality } from "./finality.ts";
import { readHeads } from "./heads.ts";
import { quorumRpc } from "./quorum/quorumRpc.ts";
import type { Rpc } from "./rpc.ts";
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
    expect(await failureOf(readHeads(young, { kind: "finalized" }))).to.include({ reason: "NO_FINALIZED_BLOCK" });
    const [short, tall] = [new ModelChain(), long()];
    tall.finalized = 20;
    const mixed = {
      send: (method: string, params: readonly unknown[]) => (params[0] === "finalized" ? tall : short).rpc().send(method, params),
    };
    expect(await failureOf(readHeads(mixed, { kind: "finalized" }))).to.be.instanceOf(ChainUnavailableError);
  });

  describe("where the node knows no finalized block", () => {
    const answering = (finalized: () => unknown): Rpc => ({
      send: async (method, params) => (params[0] === "finalized" ? finalized() : long().rpc().send(method, params)),
    });
    const refusing = (rpcCode: number) => () => {
      throw new RpcError("eth_getBlockByNumber", rpcCode, "finalized block not found", undefined);
    };
    const answers: readonly (readonly [string, () => unknown])[] = [
      ["null", () => null],
      ["-39001, as the specification says", refusing(-39001)],
      ["-32602, as where the tag is not known", refusing(-32602)],
      ["-32000, as Geth's own words for it", refusing(-32000)],
    ];
    for (const [how, finalized] of answers)
      it(`says what to set, when it answers ${how}`, async () => {
        const failure = await failureOf(readHeads(answering(finalized), { kind: "finalized" }));
        expect(failure).to.include({ code: "CHAIN_UNAVAILABLE", reason: "NO_FINALIZED_BLOCK" });
        expect((failure as Error).message)
          .to.include("--confirmations N")
          .and.include("finality = { confirmations = N }");
        const several = quorumRpc([answering(finalized), answering(finalized), answering(finalized)]);
        expect(await failureOf(readHeads(several, { kind: "finalized" }))).to.include({ reason: "NO_FINALIZED_BLOCK" });
      });
    it("does not take a node that fails once, or that limits its callers, for one", async () => {
      let asked = 0;
      const once = answering(() => (++asked === 1 ? refusing(-32000)() : long().rpc().send("eth_getBlockByNumber", ["0x7", false])));
      expect((await readHeads(once, { kind: "finalized" })).final.number).to.equal(7);
      for (const busy of [-32005, 429]) {
        const failure = await failureOf(readHeads(answering(refusing(busy)), { kind: "finalized" }));
        expect(failure).to.include({ reason: "RPC_ERROR" });
      }
    });
  });

  it("reads finality from configuration, strictly", () => {
    expect(parseFinality("finalized")).to.deep.equal({ kind: "finalized" });
    expect(parseFinality(12)).to.deep.equal({ kind: "confirmations", blocks: 12 });
    for (const bad of [Number.NaN, -1, -0, 2.5, "3", "safe", null, undefined, {}]) expect(() => parseFinality(bad)).to.throw(RangeError);
  });
});
