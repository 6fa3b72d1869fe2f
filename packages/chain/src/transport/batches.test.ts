import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { ChainUnavailableError, RpcError } from "../errors.ts";
import { type HttpRpcOptions, httpRpc } from "../httpRpc.ts";
import { createKeepAlivePost } from "../node/keepAlivePost.ts";
import { quorumRpc } from "../quorum/quorumRpc.ts";
import { ALONE_MILLISECONDS, MOST_IN_BATCH } from "./batches.ts";
import type { HttpPost } from "./httpPost.ts";

type Asked = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };
type Answer = (asked: Asked | readonly Asked[], response: ServerResponse) => void;

const resultOf = ({ id, params }: Asked) => ({ jsonrpc: "2.0", id, result: params[0] });
const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
};
/** A node as it should be: an answer for each call. */
const honest: Answer = (asked, response) => json(response, Array.isArray(asked) ? asked.map(resultOf) : resultOf(asked as Asked));

describe("questions of one tick", () => {
  let server: Server;
  let answer: Answer;
  /** Calls of each request, in the order in which requests came. */
  let requests: (readonly Asked[])[];
  let now = 0;
  const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };

  before(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => {
        body += data.toString();
      });
      request.on("end", () => {
        const asked = JSON.parse(body) as Asked | readonly Asked[];
        requests.push([asked].flat());
        answer(asked, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    [answer, requests, now] = [honest, [], 0];
  });

  const post = createKeepAlivePost();
  const rpcOf = (options: HttpRpcOptions = {}) =>
    httpRpc(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { post, clock, jitter: () => 0, ...options });
  const ask = (rpc = rpcOf(), count = 3, method = "eth_getCode") =>
    Promise.all(Array.from({ length: count }, (_, index) => rpc.send(method, [`0x0${index}`])));
  const sizes = (): readonly number[] => requests.map(({ length }) => length);
  const outcomesOf = async (asked: readonly Promise<unknown>[]): Promise<readonly unknown[]> =>
    (await Promise.allSettled(asked)).map((one) =>
      one.status === "fulfilled" ? one.value : one.reason instanceof ChainUnavailableError ? one.reason.reason : (one.reason as Error).name,
    );
  const three = (rpc: ReturnType<typeof rpcOf>) => [0, 1, 2].map((index) => rpc.send("eth_getCode", [`0x0${index}`]));

  it("go in one request, at most so many, and one alone as it always did", async () => {
    expect(await ask(rpcOf(), 3)).to.deep.equal(["0x00", "0x01", "0x02"]);
    await ask(rpcOf(), MOST_IN_BATCH + 1);
    await rpcOf().send("eth_chainId", ["0x01"]);
    expect(sizes()).to.deep.equal([3, MOST_IN_BATCH, 1, 1]);
  });
  it("are answered a few in each turn of the event loop", async () => {
    let [turns, isOver] = [0, false];
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    count();
    const rpc = rpcOf();
    const answeredIn = await Promise.all(
      Array.from({ length: MOST_IN_BATCH }, async (_, index) => {
        await rpc.send("eth_getCode", [`0x0${index}`]);
        return turns;
      }),
    );
    isOver = true;
    expect(sizes()).to.deep.equal([MOST_IN_BATCH]);
    expect(new Set(answeredIn).size).to.equal(MOST_IN_BATCH / 4);
  });
  it("go apart when they come apart, or are told to", async () => {
    const rpc = rpcOf();
    await rpc.send("eth_getCode", ["0x01"]);
    await rpc.send("eth_getCode", ["0x02"]);
    await ask(rpcOf({ batch: false }), 2);
    expect(sizes()).to.deep.equal([1, 1, 1, 1]);
  });
  for (const [what, method, params] of [
    ["transactions", "eth_sendRawTransaction", ["0x"]],
    ["logs", "eth_getLogs", ["0x"]],
    ["creation code", "eth_call", [{ data: "0x" }, "0x"]],
  ] as const)
    it(`take no ${what} with them`, async () => {
      const rpc = rpcOf();
      await Promise.all([rpc.send(method, params), rpc.send(method, params), rpc.send("eth_getCode", ["0x01"])]);
      expect(sizes()).to.deep.equal([1, 1, 1]);
    });

  it("are assigned by id, in whatever order answers come, errors too", async () => {
    answer = (asked, response) =>
      json(
        response,
        [asked]
          .flat()
          .map((one) => (one.params[0] === "0x01" ? { id: one.id, error: { code: 3, message: "reverted", data: "0x77" } } : resultOf(one)))
          .reverse(),
      );
    const [first, second, third] = await Promise.allSettled(three(rpcOf()));
    expect([first, third]).to.deep.equal([
      { status: "fulfilled", value: "0x00" },
      { status: "fulfilled", value: "0x02" },
    ]);
    const reason: unknown = second?.status === "rejected" ? second.reason : undefined;
    expect(reason).to.be.instanceOf(RpcError).and.include({ data: "0x77" });
    expect(sizes()).to.deep.equal([3]);
  });

  const lies: readonly (readonly [string, (answers: readonly ReturnType<typeof resultOf>[]) => unknown])[] = [
    ["an answer is missing", (answers) => answers.slice(1)],
    ["there are none", () => []],
    ["an answer comes twice", ([first, second]) => [first, second, second]],
    ["there is one too many", (answers) => [...answers, { jsonrpc: "2.0", id: 99, result: "0xbad" }]],
    ["an answer is to a question that nobody asked", ([first, second]) => [first, second, { jsonrpc: "2.0", id: 99, result: "0xbad" }]],
    ["an answer has no id", ([first, second]) => [first, second, { jsonrpc: "2.0", result: "0xbad" }]],
    ["an id is a text", ([first, second, third]) => [first, second, { ...third, id: String(third?.id) }]],
    ["an answer is none", ([first, second]) => [first, second, "0xbad"]],
  ];
  for (const [what, lie] of lies)
    it(`get no answer from a batch where ${what}, and are asked again one by one`, async () => {
      answer = (asked, response) => (Array.isArray(asked) ? json(response, lie(asked.map(resultOf))) : honest(asked, response));
      expect(await outcomesOf(three(rpcOf({ retries: 0 })))).to.deep.equal(Array.from({ length: 3 }, () => "BAD_RESPONSE"));
      expect(await ask(rpcOf())).to.deep.equal(["0x00", "0x01", "0x02"]);
      expect(sizes()).to.deep.equal([3, 3, 1, 1, 1]);
    });

  const refusals: readonly (readonly [string, Answer])[] = [
    [
      "an error for all",
      (_, response) => json(response, { jsonrpc: "2.0", id: null, error: { code: -32600, message: "batch not supported" } }),
    ],
    ["an error with HTTP status 500", (_, response) => json(response, { error: { code: 31, message: "Batch of more than 3" } }, 500)],
    ["HTTP status 400", (_, response) => json(response, "no", 400)],
    ["HTTP status 403", (_, response) => json(response, "no", 403)],
    ["HTTP status 413", (_, response) => json(response, "no", 413)],
  ];
  for (const [what, refusal] of refusals)
    it(`go one by one where batches are answered with ${what}, and together again after a while`, async () => {
      answer = (asked, response) => (Array.isArray(asked) ? refusal(asked, response) : honest(asked, response));
      const rpc = rpcOf();
      expect(await ask(rpc, 2)).to.deep.equal(["0x00", "0x01"]);
      expect(sizes()).to.deep.equal([2, 1, 1]);
      now = ALONE_MILLISECONDS - 1;
      await ask(rpc, 2);
      expect(sizes()).to.deep.equal([2, 1, 1, 1, 1]);
      [now, answer, requests] = [ALONE_MILLISECONDS + 1, honest, []];
      await ask(rpc, 2);
      expect(sizes()).to.deep.equal([2]);
    });
  it("go together again after the clock was put back", async () => {
    now = 10 * ALONE_MILLISECONDS;
    answer = (asked, response) => (Array.isArray(asked) ? json(response, "no", 400) : honest(asked, response));
    const rpc = rpcOf();
    await ask(rpc, 2);
    [now, answer, requests] = [0, honest, []];
    await ask(rpc, 2);
    expect(sizes()).to.deep.equal([2]);
  });
  it("go one by one at an endpoint that fails for batches only, once that was seen three times", async () => {
    answer = (asked, response) => (Array.isArray(asked) ? response.end("<html>One moment, please</html>") : honest(asked, response));
    const rpc = rpcOf();
    for (let round = 0; round < 3; round += 1) await ask(rpc, 2);
    expect(sizes()).to.deep.equal([2, 1, 1, 2, 1, 1, 1, 1]);
    requests = [];
    await ask(rpc, 2);
    expect(sizes()).to.deep.equal([1, 1]);
  });
  it("are no refusal where the endpoint asks for time", async () => {
    answer = (_asked, response) => json(response, { error: { code: -32005, message: "rate limit exceeded" } });
    expect(await outcomesOf(three(rpcOf({ retries: 0 })))).to.deep.equal(Array.from({ length: 3 }, () => "RATE_LIMITED"));
    answer = (_asked, response) => json(response, "slow down", 429);
    expect(await outcomesOf(three(rpcOf({ retries: 0 })))).to.deep.equal(Array.from({ length: 3 }, () => "RATE_LIMITED"));
    expect(sizes()).to.deep.equal([3, 3]);
  });

  it("fail where they cannot be written as JSON, and leave nobody waiting", async () => {
    const rpc = rpcOf();
    const asked = [rpc.send("eth_getCode", [1n]), rpc.send("eth_getCode", ["0x01"])];
    expect(await outcomesOf(asked)).to.deep.equal(["TypeError", "TypeError"]);
  });
  it("end for a caller that gives up, and for nobody else", async () => {
    const controller = new AbortController();
    answer = (asked, response) => {
      controller.abort(new Error("alice closed the page"));
      setImmediate(() => honest(asked, response));
    };
    const rpc = rpcOf();
    const given = rpc.send("eth_getCode", ["0x00"], { signal: controller.signal });
    expect(await outcomesOf([given, rpc.send("eth_getCode", ["0x01"])])).to.deep.equal(["Error", "0x01"]);
  });
  it("are not sent for a caller that gave up before", async () => {
    const controller = new AbortController();
    const rpc = rpcOf();
    const given = rpc.send("eth_getCode", ["0x00"], { signal: controller.signal });
    const other = rpc.send("eth_getCode", ["0x01"]);
    controller.abort(new Error("alice closed the page"));
    expect(await outcomesOf([given, other])).to.deep.equal(["Error", "0x01"]);
    expect(sizes()).to.deep.equal([1]);
  });
  it("end all when nobody waits any more", async () => {
    const controller = new AbortController();
    const closed = new Promise<void>((resolve) => {
      answer = (_asked, response) => {
        response.on("close", resolve);
        controller.abort(new Error("the keeper stops"));
      };
    });
    const rpc = rpcOf();
    const asked = [0, 1].map((index) => rpc.send("eth_getCode", [`0x0${index}`], { signal: controller.signal }));
    expect(await outcomesOf(asked)).to.deep.equal(["Error", "Error"]);
    await closed;
  });

  it("are a batch of its own for each provider, and a lying one changes nothing", async () => {
    const lying: HttpPost = async (request) => {
      const given = await post(request);
      const value: unknown = JSON.parse(given.text ?? "");
      return Array.isArray(value) ? { ...given, text: JSON.stringify(value.slice(1)) } : given;
    };
    const rpc = quorumRpc([rpcOf({ retries: 0, post: lying }), rpcOf({ retries: 0 }), rpcOf({ retries: 0 })], { clock });
    expect(await ask(rpc)).to.deep.equal(["0x00", "0x01", "0x02"]);
    expect(sizes()).to.deep.equal([3, 3, 3]);
  });
});
