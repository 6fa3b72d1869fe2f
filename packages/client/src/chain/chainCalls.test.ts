import { interfaceOf } from "@keyquorum/bindings";
import { expect } from "chai";
import type { ContractTransactionResponse, Provider, TransactionReceipt } from "ethers";
import { errorOf } from "../fakes/errorOf.ts";
import { systemClock } from "../time/clock.ts";
import { createChainCalls } from "./chainCalls.ts";

const denied = interfaceOf("shareRequests").encodeErrorResult("RequestDenied", [`0x${"11".repeat(32)}`, `0x${"22".repeat(20)}`]);
const coded = (code: string, more: object = {}): Error =>
  Object.assign(new Error("https://rpc.example/SECRET-KEY said no"), { code, ...more });

const callsOver = (provider: Partial<Record<keyof Provider, unknown>>) =>
  createChainCalls({ provider: provider as unknown as Provider, clock: systemClock, readMs: 60, transactMs: 120, pollMs: 5 });
const sent = { hash: "0xaa", from: "0x", to: "0x", data: "0x", value: 0n } as unknown as ContractTransactionResponse; // what the calls read of it

describe("Calls to the chain", () => {
  for (const [code, expected] of Object.entries({
    NETWORK_ERROR: "CHAIN_UNAVAILABLE",
    ECONNREFUSED: "CHAIN_UNAVAILABLE",
    BAD_DATA: "CHAIN_UNAVAILABLE",
    INSUFFICIENT_FUNDS: "CALL_REFUSED",
    ACTION_REJECTED: "CALL_REFUSED",
  })) {
    it(`say ${expected} for ${code}, without the RPC's URL`, async () => {
      const error = await errorOf(callsOver({}).read("Reading", () => Promise.reject(coded(code))));
      expect(error.code).to.equal(expected);
      expect(error.message).not.to.contain("SECRET-KEY");
    });
  }

  it("name a contract's own error", async () => {
    const error = await errorOf(callsOver({}).transact("The request", () => Promise.reject(coded("CALL_EXCEPTION", { data: denied }))));
    expect(error.code).to.equal("TRANSACTION_REFUSED");
    expect(error.details).to.deep.equal({ error: "RequestDenied" });
  });

  /** As ethers throws it where a node fails in eth_call or eth_estimateGas: it looks like a revert, but for the data. */
  const lacking = (error: object): Error =>
    coded("CALL_EXCEPTION", { data: null, info: { error, payload: { params: [{ data: denied }] } } });
  const failures: readonly (readonly [what: string, error: object, reason: string])[] = [
    ["a rate limit", { code: -32005, message: "rate limit exceeded" }, "RATE_LIMITED"],
    ["a 429 inside of an answer", { code: 429, message: "slow down" }, "RATE_LIMITED"],
    ["-32016", { code: -32016, message: "over rate limit" }, "RATE_LIMITED"],
    ["a block that is not there", { code: -32000, message: "header not found" }, "BLOCK_MISSING"],
    ["state that is gone", { code: -32000, message: "missing trie node ab (path ) state is not available" }, "BLOCK_MISSING"],
    ["a call that took too long", { code: -32000, message: "execution aborted (timeout = 5s)" }, "RPC_ERROR"],
    ["an inner failure", { code: -32603, message: "Internal error" }, "RPC_ERROR"],
    ["a resource that is not available", { code: -32002, message: "resource unavailable" }, "RPC_ERROR"],
    ["no eth_estimateGas", { code: -32601, message: "the method eth_estimateGas does not exist" }, "UNSUPPORTED"],
  ];
  for (const [what, error, reason] of failures)
    it(`take ${what} for the node's failure, in a read and in a transaction`, async () => {
      for (const work of [
        callsOver({}).read("Reading", () => Promise.reject(lacking(error))),
        callsOver({}).transact("Sending", () => Promise.reject(lacking(error))),
      ]) {
        const told = await errorOf(work);
        expect([told.code, told.retryable, told.details.reason]).to.deep.equal(["CHAIN_UNAVAILABLE", true, reason]);
        expect(told.message).not.to.contain("SECRET-KEY");
      }
    });

  for (const [what, error] of [
    ["with its data", coded("CALL_EXCEPTION", { data: denied })],
    ["by its number", lacking({ code: 3, message: "execution reverted", data: "0x" })],
    ["by its words", lacking({ code: -32000, message: "execution reverted" })],
  ] as const)
    it(`take a revert that a node tells ${what} for the contract's`, async () => {
      const [read, sent] = [
        callsOver({}).read("Reading", () => Promise.reject(error)),
        callsOver({}).transact("Sending", () => Promise.reject(error)),
      ];
      expect([(await errorOf(read)).code, (await errorOf(sent)).code]).to.deep.equal(["CALL_REFUSED", "TRANSACTION_REFUSED"]);
    });

  it("give up a read that does not answer", async () => {
    const error = await errorOf(callsOver({}).read("Reading", () => new Promise(() => undefined)));
    expect([error.code, error.retryable]).to.deep.equal(["CHAIN_UNAVAILABLE", true]);
  });

  it("stop when the caller aborts, with the caller's reason", async () => {
    const reason = new Error("enough");
    const aborting = new AbortController();
    const reading = callsOver({}).read("Reading", () => new Promise(() => undefined), aborting.signal);
    aborting.abort(reason);
    expect(await reading.catch((caught: unknown) => caught)).to.equal(reason);
  });

  it("send nothing when the caller aborted before", async () => {
    let sends = 0;
    const send = async () => {
      sends += 1;
      return sent;
    };
    const reason = new Error("enough");
    const error = await callsOver({})
      .transact("Sending", send, AbortSignal.abort(reason))
      .catch((caught: unknown) => caught);
    expect([error, sends]).to.deep.equal([reason, 0]);
  });

  it("wait until a transaction is mined", async () => {
    let looks = 0;
    const receipt = { status: 1, hash: "0xaa" } as TransactionReceipt;
    const calls = callsOver({ getTransactionReceipt: async () => (++looks < 4 ? null : receipt) });
    expect(await calls.transact("Sending", async () => sent)).to.equal(receipt);
    expect(looks).to.equal(4);
  });

  it("give up a transaction that is never mined", async () => {
    const calls = callsOver({ getTransactionReceipt: async () => null });
    const error = await errorOf(calls.transact("Sending", async () => sent));
    expect([error.code, error.details]).to.deep.equal(["TRANSACTION_PENDING", { transaction: "0xaa" }]);
  });

  it("find out why a mined transaction failed", async () => {
    const calls = callsOver({
      getTransactionReceipt: async () => ({ status: 0, blockNumber: 7 }),
      call: () => Promise.reject(coded("CALL_EXCEPTION", { data: denied })),
    });
    expect((await errorOf(calls.transact("Sending", async () => sent))).details.error).to.equal("RequestDenied");
  });
});
