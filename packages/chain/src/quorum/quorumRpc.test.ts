import { expect } from "chai";
import { callAt } from "../calls.ts";
import { ChainUnavailableError, RpcError } from "../errors.ts";
import type { Rpc } from "../rpc.ts";
import { fakeClock } from "../testing/clocks.ts";
import { ModelChain } from "../testing/modelChain.ts";
import { majorityOf } from "./ask.ts";
import { quorumRpc } from "./quorumRpc.ts";

const OURS = `0x${"aa".repeat(20)}`;
const reasonOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    (value) => `answered ${String(value)}`,
    (error: unknown) =>
      error instanceof ChainUnavailableError ? error.reason : error instanceof RpcError ? `node ${error.rpcCode}` : String(error),
  );

/** The same chain seen by a node that has only the first `height` blocks. */
const lagging = (chain: ModelChain, height: number): Rpc => {
  const view = new ModelChain();
  view.chain = chain.chain.slice(0, height + 1);
  view.finalized = Math.min(chain.finalized, height);
  view.onCall = chain.onCall;
  return view.rpc();
};
const dead: Rpc = { send: () => Promise.reject(new ChainUnavailableError("TRANSPORT", "down")) };
const silent: Rpc = {
  send: (_method, _params, options) =>
    new Promise((_, reject) => options?.signal?.addEventListener("abort", () => reject(new Error("aborted")))),
};
/** A fork of its own, higher than the truth. */
const forked = (chain: ModelChain, more: number): ModelChain => {
  const fork = new ModelChain();
  fork.chain = chain.chain.slice(0, 5);
  for (let i = 0; i < chain.chain.length - 5 + more; i += 1) {
    fork.append([{ address: OURS, data: "0x66" }]);
    fork.append([]);
    fork.cut(1);
  }
  fork.finalized = fork.head.number;
  return fork;
};
const long = (): ModelChain => {
  const chain = new ModelChain();
  for (let i = 0; i < 30; i += 1) chain.append(i % 4 === 0 ? [{ address: OURS }] : []);
  chain.finalized = 20;
  chain.onCall = () => "0x01";
  return chain;
};
const quorum = (...rpcs: readonly Rpc[]): Rpc => quorumRpc(rpcs, { clock: fakeClock() });
const block = async (rpc: Rpc, tag: string): Promise<number> =>
  Number(((await rpc.send("eth_getBlockByNumber", [tag, false])) as { number: string }).number);

describe("quorumRpc", () => {
  it("is more than half", () => {
    expect([1, 2, 3, 4, 5, 7].map(majorityOf)).to.deep.equal([1, 2, 2, 3, 3, 4]);
    expect(() => quorumRpc([])).to.throw(RangeError);
  });

  it("takes the newest block that a majority has, with one provider behind, dead, silent or on a fork of its own", async () => {
    const chain = long();
    const good = chain.rpc();
    expect(await block(quorum(good, good, lagging(chain, 12)), "latest")).to.equal(30);
    expect(await block(quorum(lagging(chain, 28), good, lagging(chain, 12)), "latest")).to.equal(28);
    expect(await block(quorum(dead, good, lagging(chain, 25)), "latest")).to.equal(25);
    expect(await block(quorum(silent, good, good), "latest")).to.equal(30);
    expect(await block(quorum(forked(chain, 5).rpc(), good, good), "latest")).to.equal(30);
    expect(await block(quorum(forked(chain, 5).rpc(), good, lagging(chain, 22)), "latest")).to.equal(22);
  });

  it("takes the newest block that a majority calls final: a provider that calls everything final changes nothing", async () => {
    const chain = long();
    const good = chain.rpc();
    const eager = forked(chain, 0);
    eager.chain = chain.chain;
    expect(await block(quorum(eager.rpc(), good, good), "finalized")).to.equal(20);
    expect(await block(quorum(lagging(chain, 9), good, good), "finalized")).to.equal(20);
    expect(await block(quorum(forked(chain, 9).rpc(), good, lagging(chain, 15)), "finalized")).to.equal(15);
    expect(await block(quorum(dead, good, good), "finalized")).to.equal(20);
  });

  it("answers calls, logs and headers as a majority does, and is unavailable without one", async () => {
    const chain = long();
    const [good, fork] = [chain.rpc(), forked(chain, 0)];
    fork.onCall = () => "0x02";
    const bad = fork.rpc();
    const { hash } = chain.head;
    const asks: readonly (readonly [string, readonly unknown[]])[] = [
      ["eth_call", [{ to: OURS, data: "0x" }, { blockHash: chain.chain[3]?.hash }]],
      ["eth_getLogs", [{ address: [OURS], fromBlock: "0x0", toBlock: "0x1e" }]],
      ["eth_getLogs", [{ address: [OURS], blockHash: hash }]],
      ["eth_getBlockByNumber", ["0x10", false]],
      ["eth_getBlockByHash", [hash, false]],
    ];
    for (const [method, params] of asks) {
      expect(await quorum(bad, good, good).send(method, params)).to.deep.equal(await good.send(method, params));
      expect(await quorum(dead, good, good).send(method, params)).to.deep.equal(await good.send(method, params));
      expect(await quorum(silent, good, good).send(method, params)).to.deep.equal(await good.send(method, params));
    }
    for (const [method, params] of [asks[0], asks[1], asks[3]] as NonNullable<(typeof asks)[0]>[])
      expect(await reasonOf(quorum(bad, good).send(method, params))).to.equal("DISAGREEMENT");
    expect(await reasonOf(quorum(dead, dead, good).send("eth_chainId", []))).to.equal("TRANSPORT");
  });

  it("does not let a right hash carry a wrong timestamp", async () => {
    const chain = long();
    const good = chain.rpc();
    const liar: Rpc = { send: async (method, params) => ({ ...((await good.send(method, params)) as object), timestamp: "0xffffffff" }) };
    for (const rpc of [quorum(liar, good, good), quorum(good, liar, good)])
      expect(await rpc.send("eth_getBlockByNumber", ["latest", false])).to.deep.equal(
        await good.send("eth_getBlockByNumber", ["latest", false]),
      );
  });

  it("passes on a revert that a majority reports, and nobody's alone", async () => {
    const chain = long();
    const reverting: Rpc = { send: () => Promise.reject(new RpcError("eth_call", 3, "reverted", "0x1234")) };
    const other: Rpc = { send: () => Promise.reject(new RpcError("eth_call", 3, "reverted", "0x9999")) };
    const call = (rpc: Rpc) => callAt(rpc, { to: OURS, data: "0x" }, chain.head.hash);
    expect(await call(quorum(reverting, chain.rpc(), reverting))).to.deep.equal({ kind: "reverted", data: "0x1234" });
    expect(await call(quorum(reverting, chain.rpc(), chain.rpc()))).to.deep.equal({ kind: "returned", data: "0x01" });
    expect(await reasonOf(call(quorum(reverting, other)))).to.equal("DISAGREEMENT");
  });

  it("takes the middle of fees and nonces", async () => {
    const saying = (value: string): Rpc => ({ send: async () => value });
    expect(await quorum(saying("0xffffffff"), saying("0x5"), saying("0x6")).send("eth_gasPrice", [])).to.equal("0x6");
    expect(await quorum(saying("0x0"), saying("0x5"), saying("0x6")).send("eth_getTransactionCount", [])).to.equal("0x5");
    expect(await quorum(saying("rubbish"), saying("0x5"), saying("0x5")).send("eth_gasPrice", [])).to.equal("0x5");
    expect(await reasonOf(quorum(saying("rubbish"), dead, saying("0x5")).send("eth_gasPrice", []))).to.equal("TRANSPORT");
  });

  it("gives a transaction to all, and is content when one takes it", async () => {
    const taken: string[] = [];
    const taking = (name: string): Rpc => ({
      send: async () => {
        taken.push(name);
        return "0x01";
      },
    });
    const refusing: Rpc = { send: () => Promise.reject(new RpcError("eth_sendRawTransaction", -32000, "no", undefined)) };
    expect(await quorum(refusing, taking("a"), taking("b")).send("eth_sendRawTransaction", ["0x"])).to.equal("0x01");
    expect(taken).to.deep.equal(["a", "b"]);
    expect(await reasonOf(quorum(dead, refusing, dead).send("eth_sendRawTransaction", ["0x"]))).to.equal("node -32000");
  });

  it("stops asking when the caller gives up", async () => {
    const controller = new AbortController();
    const call = reasonOf(quorum(silent, silent, silent).send("eth_chainId", [], { signal: controller.signal }));
    controller.abort(new Error("gone"));
    expect(await call).to.contain("aborted");
  });
});
