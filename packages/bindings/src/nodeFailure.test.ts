import { expect } from "chai";
import { FetchRequest, JsonRpcProvider } from "ethers";
import { isNodesOwnCode, type NodeFailure, type NodeFailureReason, nodeFailureOf } from "./nodeFailure.ts";
import { nodeFailureSentence } from "./nodeFailureSentence.ts";
import { retryAfterMs } from "./retryAfter.ts";

const KEY = "5ecret-key-0f-the-rpc";
const DENIED = `0x11223344${"00".repeat(32)}`;
type Answer = { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string };

/** What ethers throws when the HTTP server behind its provider answers so: nothing is imitated but the server. */
const thrownBy = async (answer: Answer, method: "call" | "estimateGas" | "getLogs" = "call", batchMaxCount = 1): Promise<unknown> => {
  const request = new FetchRequest(`https://rpc.example/v3/${KEY}`);
  request.getUrlFunc = async () => ({
    statusCode: answer.status ?? 200,
    statusMessage: "told",
    headers: { "content-type": "application/json", ...answer.headers },
    body: new TextEncoder().encode(answer.body),
  });
  request.retryFunc = async () => false; // ethers would continue asking after a 429
  const provider = new JsonRpcProvider(request, 1, { staticNetwork: true, batchMaxCount, cacheTimeout: -1 });
  void provider.on("error", () => undefined);
  const to = `0x${"12".repeat(20)}`;
  const asking = { call: () => provider.call({ to, data: "0x12345678" }), estimateGas: () => provider.estimateGas({ to }), getLogs };
  function getLogs() {
    return provider.getLogs({ address: to, fromBlock: 1, toBlock: 10 });
  }
  try {
    const first = asking[method]();
    if (batchMaxCount > 1) provider.getBlockNumber().catch(() => undefined);
    await first;
  } catch (error) {
    return error;
  } finally {
    provider.destroy();
  }
  throw new Error("nothing was thrown");
};
const rpcError = (code: number, message: string, data?: unknown, status = 200): Answer => ({
  status,
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message, ...(data === undefined ? {} : { data }) } }),
});

/** Answers as clients and gateways give them, by who gives them. */
const SHAPES: Readonly<Record<NodeFailureReason, Readonly<Record<string, Answer>>>> = {
  REVERTED: {
    "Geth, Erigon, reth: custom error": rpcError(3, "execution reverted", DENIED),
    "Geth from 1.14, Erigon: without a reason": rpcError(3, "execution reverted", "0x"),
    "Geth before: without a reason": rpcError(-32000, "execution reverted"),
    "Nethermind: custom error": rpcError(-32000, "execution reverted", DENIED),
    "Nethermind, older": rpcError(-32015, "VM execution error.", `Reverted ${DENIED}`),
    "Nethermind, older: without a reason": rpcError(-32015, "VM execution error.", "Reverted 0x"),
    "Besu: custom error": rpcError(-32000, "Execution reverted", DENIED),
    "Besu: without a reason": rpcError(-32000, "Execution reverted", "0x"),
    "Hardhat 2": rpcError(-32603, "Error: VM Exception while processing transaction: reverted with a custom error", {
      message: "VM Exception",
      data: DENIED,
    }),
    "Hardhat 3": rpcError(3, "VM Exception while processing transaction: reverted with an unrecognized custom error", {
      data: DENIED,
      message: "reverted",
    }),
    anvil: rpcError(3, "execution reverted: custom error 0x11223344", DENIED),
    "Hedera's relay": rpcError(-32008, "execution reverted: CONTRACT_REVERT_EXECUTED", DENIED),
    "a wallet around a node": rpcError(-32603, "Internal JSON-RPC error.", { code: 3, message: "execution reverted", data: DENIED }),
    "a contract that calls its reason a rate limit": rpcError(-32000, "execution reverted: rate limit exceeded", DENIED),
    "Besu with HTTP status 400": rpcError(-32000, "Execution reverted", DENIED, 400),
    "Geth: out of gas": rpcError(-32000, "out of gas"),
    "Geth: an estimate that never suffices": rpcError(-32000, "gas required exceeds allowance (30000000)"),
  },
  RATE_LIMITED: {
    "HTTP status 429": { status: 429, body: "Too Many Requests", headers: { "content-type": "text/plain" } },
    "429 inside of a 200": rpcError(429, "Your app has exceeded its compute units per second capacity."),
    "Infura, -32005": rpcError(-32005, "daily request count exceeded, request rate limited"),
    "-32005 without a word of it": rpcError(-32005, "limit exceeded"),
    "-32016": rpcError(-32016, "over rate limit"),
    "QuickNode, -32007": rpcError(-32007, "50/second request limit reached"),
    "-32029": rpcError(-32029, "Rate limit exceeded"),
    "Polygon, -32090": rpcError(-32090, "Too many requests, reason: call rate limit exhausted, retry in 10s"),
    "only in words": rpcError(15, "Too many request, try again later"),
    "-32005 with data that looks like a revert": rpcError(-32005, "rate limit exceeded: reverted", DENIED),
    "a wallet around a 429": rpcError(-32603, "Internal JSON-RPC error.", { code: 429, message: "Too Many Requests" }),
    "JSON-RPC error with HTTP status 429": rpcError(3, "slow down", DENIED, 429),
  },
  RANGE_TOO_LARGE: {
    "Infura, -32005": rpcError(-32005, "query returned more than 10000 results"),
    "Infura, -32602": rpcError(-32602, "range 1000000 exceeds limit of 10000"),
    Alchemy: rpcError(-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"),
    "Alchemy, free": rpcError(-32600, "You can make eth_getLogs requests with up to a 10 block range."),
    "QuickNode with HTTP status 413": rpcError(-32614, "eth_getLogs is limited to a 10,000 range", undefined, 413),
    Geth: rpcError(-32602, "block range exceeds configured limit"),
    BNB: rpcError(-32005, "exceed maximum block range: 50000"),
    Avalanche: rpcError(-32000, "requested too many blocks from 0 to 9999, maximum is set to 2048"),
    Besu: rpcError(-32602, "Requested range exceeds maximum range limit"),
    Morph: rpcError(-32000, "block range is larger than max block range, block range = 5120, max block range = 5000"),
    Tenderly: rpcError(-32602, "range 9009594 is bigger than range limit 2000"),
    Etherlink: rpcError(-32000, "Cannot request logs over more than 1000 blocks"),
    slow: rpcError(-32000, "query timeout exceeded"),
    reth: rpcError(-32602, "query exceeds max results 20000, retry with the range 1-500"),
  },
  BLOCK_MISSING: {
    "Geth: header not found": rpcError(-32000, "header not found"),
    "Geth: unknown block": rpcError(-32000, "unknown block"),
    "Geth: pruned": rpcError(-32000, `missing trie node ${"ab".repeat(32)} (path ) state 0x${"cd".repeat(32)} is not available`),
    "Geth, path scheme": rpcError(-32000, "historical state 9d2f is not available"),
    Nethermind: rpcError(-32001, "Block 0xab could not be found"),
    "Nethermind: pruned": rpcError(-32002, "No state available for block 0xab"),
    Besu: rpcError(-32000, "Block not found"),
    Erigon: rpcError(-32000, "block not found: 0xab"),
    Avalanche: rpcError(-32000, "cannot query unfinalized data: requested block is after last accepted block"),
    reth: rpcError(-32001, "block not found: hash 0xab"),
  },
  UNSUPPORTED: {
    "-32601": rpcError(-32601, "the method eth_estimateGas does not exist/is not available"),
    "-32004": rpcError(-32004, "Method not supported"),
    "in words": rpcError(-32600, "Unsupported method: eth_estimateGas on ETH_MAINNET"),
  },
  BATCH_REFUSED: {
    "in words": rpcError(-32600, "batch requests are not supported"),
    "by a plan": rpcError(-32000, "Batch size too large", undefined, 400),
  },
  REDIRECTED: {
    "301 elsewhere": { status: 301, body: "", headers: { location: `http://other.example:8545/${KEY}` } },
    "308 without a target": { status: 308, body: "" },
  },
  HTTP_STATUS: {
    "502 with a page": { status: 502, body: "<html>Bad gateway</html>" },
    "401 with an error that has data": rpcError(3, "no key", DENIED, 401),
    "503 with an error": rpcError(-32603, "starting", undefined, 503),
    "404": { status: 404, body: "nothing here" },
  },
  NOT_JSON_RPC: {
    "a page with 200": { body: "<html>Welcome to the hotel</html>", headers: { "content-type": "text/html" } },
    "half an answer": { body: '{"jsonrpc":"2.0","id":1,"resu' },
  },
  BAD_RESPONSE: {},
  TIMEOUT: {},
  TRANSPORT: {},
  RPC_ERROR: {
    "-32603": rpcError(-32603, "Internal error"),
    "-32002": rpcError(-32002, "resource unavailable"),
    "a call that took too long": rpcError(-32000, "execution aborted (timeout = 5s)"),
    "a number that nobody knows": rpcError(-12345, "something else"),
    "without words": rpcError(-32000, ""),
  },
};

describe("nodeFailureOf", () => {
  for (const [reason, shapes] of Object.entries(SHAPES))
    for (const [who, answer] of Object.entries(shapes))
      it(`takes ${who} for ${reason}`, async () => {
        for (const method of ["call", "estimateGas"] as const) {
          const failure = nodeFailureOf(await thrownBy(answer, method));
          expect(failure.reason, method).to.equal(reason);
          if (answer.status === 429 || answer.status === 502) expect(failure.status).to.equal(answer.status);
          expect(JSON.stringify(failure) + nodeFailureSentence(failure)).not.to.contain(KEY);
        }
      });

  it("takes the same for the same where a search is refused", async () => {
    for (const reason of ["RATE_LIMITED", "RANGE_TOO_LARGE", "BLOCK_MISSING", "RPC_ERROR"] as const)
      for (const [who, answer] of Object.entries(SHAPES[reason]))
        expect(nodeFailureOf(await thrownBy(answer, "getLogs")).reason, who).to.equal(reason);
  });

  it("knows a node that answers a batch with one error", async () => {
    const failure = nodeFailureOf(
      await thrownBy({ body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}' }, "call", 10),
    );
    expect(failure.reason).to.equal("BATCH_REFUSED");
    expect(nodeFailureSentence(failure)).to.contain("batchMaxCount: 1");
  });

  it("gives a revert's bytes, and '0x' where there are none", async () => {
    const { REVERTED } = SHAPES;
    const dataOf = async (who: string) => nodeFailureOf(await thrownBy(REVERTED[who] as Answer)).data;
    for (const who of ["Nethermind, older", "Hardhat 2", "Hardhat 3", "a wallet around a node"]) expect(await dataOf(who)).to.equal(DENIED);
    expect(await dataOf("Geth before: without a reason")).to.equal("0x");
  });

  it("says how long a node wants to be left alone", async () => {
    const waitOf = async (answer: Answer) => nodeFailureOf(await thrownBy(answer)).retryAfterMs;
    expect(await waitOf({ status: 429, body: "", headers: { "retry-after": "7" } })).to.equal(7_000);
    expect(await waitOf(SHAPES.RATE_LIMITED["Polygon, -32090"] as Answer)).to.equal(10_000);
    expect(await waitOf(rpcError(-32005, "rate limited", { rate: { backoff_seconds: 30 } }))).to.equal(30_000);
    expect(await waitOf(rpcError(429, "no"))).to.equal(undefined);
    expect(retryAfterMs("Wed, 21 Oct 2015 07:28:30 GMT", Date.parse("2015-10-21T07:28:00Z"))).to.equal(30_000);
    for (const odd of ["", "-1", "soon", "1e9", "99999999999"]) expect(retryAfterMs(odd, 0) ?? 0, odd).to.be.at.least(0);
  });

  const system = (code: string) => Object.assign(new Error("x"), { code });
  const thrown: readonly (readonly [string, unknown, Partial<NodeFailure>])[] = [
    [
      "a broken connection",
      Object.assign(new TypeError("fetch failed"), { cause: system("ECONNRESET") }),
      { reason: "TRANSPORT", system: "ECONNRESET" },
    ],
    ["ethers' own time limit", system("TIMEOUT"), { reason: "TIMEOUT" }],
    ["fetch's time limit", Object.assign(new Error("x"), { name: "TimeoutError" }), { reason: "TIMEOUT" }],
    ["a wallet's bare error", { code: -32005, message: "rate limited" }, { reason: "RATE_LIMITED", rpcCode: -32005 }],
    [
      "chain's RpcError",
      Object.assign(new Error("The node answered"), { code: "RPC_ERROR", rpcCode: 3, data: DENIED }),
      { reason: "REVERTED", data: DENIED },
    ],
    [
      "chain's status",
      Object.assign(new Error("x"), { code: "CHAIN_UNAVAILABLE", reason: "HTTP_STATUS", details: { status: 503 } }),
      { reason: "HTTP_STATUS", status: 503 },
    ],
    ["an answer that does not decode", system("BAD_DATA"), { reason: "BAD_RESPONSE" }],
    ["nothing", undefined, { reason: "TRANSPORT" }],
    ["text", "boom", { reason: "TRANSPORT" }],
  ];
  for (const [what, error, expected] of thrown) it(`understands ${what}`, () => expect(nodeFailureOf(error)).to.deep.include(expected));

  it("does not take the data that was sent for data that came back", () => {
    const sent = {
      transaction: { data: DENIED },
      info: { payload: { params: [{ data: DENIED }] }, error: { code: -32000, message: "header not found" } },
    };
    expect(nodeFailureOf(Object.assign(new Error("x"), { code: "CALL_EXCEPTION", data: null, ...sent })).reason).to.equal("BLOCK_MISSING");
  });

  it("ends with an error that contains itself", () => {
    const round: { cause?: unknown } = {};
    round.cause = round;
    expect(nodeFailureOf(round).reason).to.equal("TRANSPORT");
  });

  it("tells by the number alone what cannot be a word of the EVM", () => {
    expect([429, -32005, -32016, -32601, -32001, -32002].every(isNodesOwnCode)).to.equal(true);
    expect([3, -32000, -32015, -32603, 11].some(isNodesOwnCode)).to.equal(false);
  });

  it("says of a redirect where it leads, without the path", async () => {
    const failure = nodeFailureOf(await thrownBy(SHAPES.REDIRECTED["301 elsewhere"] as Answer));
    expect(failure).to.deep.include({ status: 301, location: "http://other.example:8545" });
    expect(nodeFailureSentence(failure)).to.contain("http://other.example:8545").and.to.contain("301");
  });
});
