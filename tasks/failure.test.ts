import { interfaceOf } from "@keyquorum/bindings";
import { expect } from "chai";
import { describeFailure } from "./failure.ts";

const KEY = "5ecret-key-0f-the-rpc";
const thrown = (code: string, more: object = {}): Error => Object.assign(new Error(`https://rpc.example/${KEY} failed`), { code, ...more });
const lacking = (error: object): Error =>
  thrown("CALL_EXCEPTION", { data: null, info: { error, requestUrl: `https://rpc.example/${KEY}` } });

describe("describeFailure", () => {
  const passing: readonly (readonly [what: string, error: Error, reason: string])[] = [
    ["a rate limit in eth_call", lacking({ code: 429, message: "slow down" }), "RATE_LIMITED"],
    ["a lagging node", lacking({ code: -32000, message: "header not found" }), "BLOCK_MISSING"],
    ["a node without eth_estimateGas", lacking({ code: -32601, message: "the method eth_estimateGas does not exist" }), "UNSUPPORTED"],
    ["a gateway", thrown("SERVER_ERROR", { info: { responseStatus: "502 Bad Gateway", responseBody: "<html>" } }), "HTTP_STATUS"],
    ["a page instead of an answer", thrown("UNSUPPORTED_OPERATION", { operation: "bodyJson" }), "NOT_JSON_RPC"],
    ["a broken connection", thrown("ECONNRESET"), "TRANSPORT"],
  ];
  for (const [what, error, reason] of passing)
    it(`tells ${what} as the node's failure, which may pass`, () => {
      const { lines, data } = describeFailure(error);
      expect(data).to.deep.include({ code: "CHAIN_UNAVAILABLE", retryable: true });
      expect(data.details).to.have.property("reason", reason);
      expect(lines.join() + JSON.stringify(data)).not.to.contain(KEY);
    });

  const final: readonly (readonly [what: string, error: Error, code: string])[] = [
    ["a revert without a reason", lacking({ code: 3, message: "execution reverted", data: "0x" }), "TRANSACTION_REFUSED"],
    [
      "a contract's own error",
      thrown("CALL_EXCEPTION", {
        data: interfaceOf("shareRequests").encodeErrorResult("RequestDenied", [`0x${"11".repeat(32)}`, `0x${"22".repeat(20)}`]),
      }),
      "TRANSACTION_REFUSED",
    ],
    ["an account that cannot sign", thrown("UNSUPPORTED_OPERATION", { operation: "eth_signTypedData_v4" }), "UNSUPPORTED_OPERATION"],
  ];
  for (const [what, error, code] of final)
    it(`tells ${what} as what it is`, () => expect(describeFailure(error).data).to.deep.include({ code, retryable: false }));
});
