import { expect } from "chai";
import { callAt } from "./calls.ts";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import type { Rpc } from "./rpc.ts";

const TO = `0x${"aa".repeat(20)}`;
const BLOCK = `0x${"bb".repeat(32)}`;

/** Answers each eth_call in turn; the empty control call separately. */
const scripted = (answers: readonly unknown[], control: unknown = "0x") => {
  const asked: unknown[] = [];
  const queue = [...answers];
  const rpc: Rpc = {
    send: async (_, params) => {
      asked.push(params);
      const isControl = (params[0] as { readonly to: string }).to !== TO;
      const answer = isControl ? control : queue.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { asked, rpc };
};
const error = (code: number, data?: unknown, text = "some text"): RpcError => new RpcError("eth_call", code, text, data);
const call = (rpc: Rpc) => callAt(rpc, { to: TO, data: "0x1234", gas: 5000n }, BLOCK);
const reasonOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no failure",
    (failure: unknown) => (failure instanceof ChainUnavailableError ? failure.reason : String(failure)),
  );

describe("callAt", () => {
  it("names the block by its hash, which must be canonical, and the gas", async () => {
    const { rpc, asked } = scripted(["0xABCD"]);
    expect(await call(rpc)).to.deep.equal({ kind: "returned", data: "0xabcd" });
    expect(asked).to.deep.equal([
      [
        { to: TO, data: "0x1234", gas: "0x1388" },
        { blockHash: BLOCK, requireCanonical: true },
      ],
    ]);
  });

  const reverts: readonly (readonly [string, RpcError, string])[] = [
    ["code 3 with data", error(3, "0x1234"), "0x1234"],
    ["code 3 without data", error(3), "0x"],
    ["data under another code", error(-32000, "0xAB"), "0xab"],
    ["Nethermind's data", error(-32015, "Reverted 0xAB12"), "0xab12"],
    ["Nethermind's lack of data", error(-32015, "Reverted 0x"), "0x"],
    ["data one level deeper", error(-32603, { data: "0xcd", message: "reverted" }), "0xcd"],
  ];
  for (const [what, failure, data] of reverts) {
    it(`takes ${what} for a revert`, async () => expect(await call(scripted([failure]).rpc)).to.deep.equal({ kind: "reverted", data }));
  }

  it("takes an error for the EVM's (out of gas, invalid opcode) when an empty call at that block works and the error comes again", async () => {
    const { rpc, asked } = scripted([error(-32000), error(-32000)]);
    expect(await call(rpc)).to.deep.equal({ kind: "reverted", data: "0x" });
    expect(asked).to.have.length(3);
  });

  it("never tells by the text", async () => {
    const texts = ["execution reverted", "out of gas", "VM Exception while processing transaction: revert"];
    for (const text of texts) {
      const failure = error(-32000, undefined, text);
      expect(await reasonOf(call(scripted([failure], error(-32000)).rpc))).to.equal("RPC_ERROR");
    }
  });

  const unavailable: readonly (readonly [string, readonly unknown[], unknown, string])[] = [
    ["the block is gone", [error(-32001)], error(-32001), "RPC_ERROR"],
    ["the error comes once only", [error(-32000), "0x01"], "0x", "RPC_ERROR"],
    ["the second error is another", [error(-32000), error(-32005)], "0x", "RPC_ERROR"],
    ["calls by hash are not supported", [error(-32602)], "0x", "UNSUPPORTED"],
    ["a limit is met twice, and not by the empty call", [error(-32005), error(-32005)], "0x", "RPC_ERROR"],
    ["another limit is met twice", [error(-32016), error(-32016)], "0x", "RPC_ERROR"],
    ["a limit comes with data", [error(429, "0x1234"), error(429, "0x1234")], "0x", "RPC_ERROR"],
    ["the connection breaks", [new ChainUnavailableError("TRANSPORT", "broken")], "0x", "TRANSPORT"],
    ["the answer is not hex", ["yes"], "0x", "BAD_RESPONSE"],
    ["the answer is nothing", [null], "0x", "BAD_RESPONSE"],
    ["the answer has half a byte", ["0x1"], "0x", "BAD_RESPONSE"],
  ];
  for (const [what, answers, control, reason] of unavailable) {
    it(`is unavailable when ${what}`, async () => expect(await reasonOf(call(scripted(answers, control).rpc))).to.equal(reason));
  }
});
