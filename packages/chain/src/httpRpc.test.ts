import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { seedNumber } from "../../../test/random/seed.ts";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import { type HttpRpcOptions, httpRpc } from "./httpRpc.ts";
import { createKeepAlivePost } from "./node/keepAlivePost.ts";
import { fakeClock } from "./testing/clocks.ts";
import { seededRandom } from "./testing/random.ts";

type Answer = (call: { readonly id: number; readonly method: string }, response: ServerResponse, request: IncomingMessage) => void;

for (const [way, post] of [
  ["by fetch", undefined],
  ["over kept connections", createKeepAlivePost()],
] as const)
  describe(`httpRpc ${way}`, () => {
    let server: Server;
    let answer: Answer;
    let calls = 0;

    before(async () => {
      server = createServer((request, response) => {
        let body = "";
        request.on("data", (data: Buffer) => {
          body += data.toString();
        });
        request.on("end", () => {
          calls += 1;
          answer(JSON.parse(body) as { id: number; method: string }, response, request);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    after(() => server.close());
    beforeEach(() => {
      calls = 0;
    });

    const urlOf = (path = ""): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const rpc = (options: HttpRpcOptions = {}, path = "") =>
      httpRpc(urlOf(path), { clock: fakeClock(), jitter: () => 0, post, ...options });
    const json = (response: ServerResponse, value: unknown, status = 200): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    const failureOf = async (work: Promise<unknown>): Promise<ChainUnavailableError | RpcError> => {
      try {
        await work;
      } catch (error) {
        return error as ChainUnavailableError | RpcError;
      }
      throw new Error("nothing was thrown");
    };
    const reasonOf = async (work: Promise<unknown>): Promise<string> => {
      const error = await failureOf(work);
      return error instanceof ChainUnavailableError ? error.reason : error.name;
    };

    it("answers with the result, null included", async () => {
      answer = ({ id, method }, response) => json(response, { jsonrpc: "2.0", id, result: method === "eth_chainId" ? "0x1" : null });
      expect(await rpc().send("eth_chainId", [])).to.equal("0x1");
      expect(await rpc().send("eth_getBlockByHash", [])).to.equal(null);
    });

    it("gives a node's error with its number and data, and asks once only", async () => {
      answer = ({ id }, response) => json(response, { id, error: { code: 3, message: "execution reverted", data: "0x1234" } });
      const error = await failureOf(rpc().send("eth_call", []));
      expect(error).to.be.instanceOf(RpcError);
      expect(error).to.deep.include({ code: "RPC_ERROR", rpcCode: 3, data: "0x1234", method: "eth_call" });
      expect(calls).to.equal(1);
    });

    it("takes a node's error with HTTP status 400, but not a gateway's with 429", async () => {
      answer = ({ id }, response) => json(response, { id, error: { code: 3, message: "reverted" } }, 400);
      expect(await reasonOf(rpc().send("eth_call", []))).to.equal("RpcError");
      answer = ({ id }, response) => json(response, { id, error: { code: 3, message: "slow down" } }, 429);
      expect(await reasonOf(rpc().send("eth_call", []))).to.equal("RATE_LIMITED");
    });

    it("sends a read again after failures of transport, with growing pauses, and a transaction never", async () => {
      answer = ({ id }, response) => (calls < 3 ? json(response, "busy", 503) : json(response, { id, result: "0x7" }));
      const clock = fakeClock();
      expect(await rpc({ clock }).send("eth_chainId", [])).to.equal("0x7");
      expect(clock.slept).to.deep.equal([200, 400]);
      calls = 0;
      expect(await reasonOf(rpc().send("eth_sendRawTransaction", []))).to.equal("HTTP_STATUS");
      expect(calls).to.equal(1);
    });

    const passing: readonly (readonly [string, Answer])[] = [
      ["a page with status 200", (_, response) => response.end("<html>One moment, please</html>")],
      ["half an answer", (_, response) => response.end('{"jsonrpc":"2.0","id":1,"res')],
      ["nothing with status 200", (_, response) => response.end()],
      ["429 inside of a 200", ({ id }, response) => json(response, { id, error: { code: 429, message: "Too Many Requests" } })],
      ["-32005 inside of a 200", ({ id }, response) => json(response, { id, error: { code: -32005, message: "rate limit exceeded" } })],
      ["-32016 inside of a 200", ({ id }, response) => json(response, { id, error: { code: -32016, message: "over rate limit" } })],
      ["HTTP status 429", (_, response) => json(response, "slow down", 429)],
    ];
    for (const [what, bad] of passing)
      it(`sends a read again after ${what}, and a transaction never`, async () => {
        answer = (call, response, request) => (calls < 3 ? bad(call, response, request) : json(response, { id: call.id, result: "0x7" }));
        expect(await rpc().send("eth_call", [])).to.equal("0x7");
        calls = 0;
        expect(await reasonOf(rpc().send("eth_sendRawTransaction", []))).to.be.oneOf(["BAD_RESPONSE", "RATE_LIMITED"]);
        expect(calls).to.equal(1);
      });

    it("gets through where three of ten calls fail, in any of these ways", async () => {
      const dice = seededRandom(seedNumber("three of ten"));
      let isAnswered = false;
      answer = (call, response, request) => {
        isAnswered = !dice.chance(0.3);
        if (isAnswered) return json(response, { id: call.id, result: "0x7" });
        passing[dice.between(0, passing.length - 1)]?.[1](call, response, request);
      };
      const patient = rpc();
      for (let call = 0; call < 200; call += 1) {
        calls = 0;
        const isLost = await patient.send("eth_call", []).then(
          () => false,
          () => true,
        );
        // How many are lost is luck: one in 400. That none is which was answered, or could have been tried again, is not.
        expect([isLost, isLost ? calls : isAnswered]).to.deep.equal(isLost ? [true, 5] : [false, true]);
      }
    });

    it("waits as long as the node says, and leaves it alone where that is long", async () => {
      const clock = fakeClock();
      answer = ({ id }, response) => {
        if (calls > 1) return json(response, { id, result: "0x7" });
        response.writeHead(429, { "retry-after": "3" });
        response.end();
      };
      await rpc({ clock }).send("eth_chainId", []);
      expect(clock.slept).to.deep.equal([3_000]);
      answer = ({ id }, response) => json(response, { id, error: { code: -32090, message: "Too many requests, retry in 60s" } });
      calls = 0;
      expect(await failureOf(rpc().send("eth_chainId", []))).to.have.nested.property("details.retryAfterMs", 60_000);
      expect(calls).to.equal(1);
    });

    it("takes no revert for a limit, whatever reason the contract gives", async () => {
      const data = `0x08c379a0${"00".repeat(32)}`;
      answer = ({ id }, response) =>
        json(response, { id, error: { code: -32000, message: "execution reverted: rate limit exceeded", data } });
      expect(await failureOf(rpc().send("eth_call", []))).to.be.instanceOf(RpcError);
      answer = ({ id }, response) => json(response, { id, error: { code: -32005, message: "query returned more than 10000 results" } });
      expect(await failureOf(rpc().send("eth_getLogs", [])), "nor a search that is too large").to.be.instanceOf(RpcError);
    });

    const malformed: readonly (readonly [string, Answer])[] = [
      ["a page", (_, response) => response.end("<html>Bad gateway</html>")],
      ["another call's answer", ({ id }, response) => json(response, { id: id + 1, result: "0x1" })],
      ["an answer without result", ({ id }, response) => json(response, { id })],
      ["a list", ({ id }, response) => json(response, [{ id, result: "0x1" }])],
      ["nothing", (_, response) => response.end()],
    ];
    for (const [what, bad] of malformed) {
      it(`refuses ${what}`, async () => {
        answer = bad;
        expect(await reasonOf(rpc().send("eth_chainId", []))).to.equal("BAD_RESPONSE");
      });
    }

    it("stops reading an answer that is too large", async () => {
      answer = ({ id }, response) => json(response, { id, result: "0x".padEnd(5000, "1") });
      expect(await reasonOf(rpc({ maxResponseBytes: 4000 }).send("eth_getCode", []))).to.equal("RESPONSE_TOO_LARGE");
    });

    it("gives up on a silent node, and on one that dribbles, after the timeout", async () => {
      answer = () => {};
      expect(await reasonOf(rpc({ timeoutMs: 40, retries: 0 }).send("eth_chainId", []))).to.equal("TIMEOUT");
      answer = (_, response) => {
        response.write("{");
      };
      expect(await reasonOf(rpc({ timeoutMs: 40, retries: 0 }).send("eth_chainId", []))).to.equal("TIMEOUT");
      server.closeAllConnections();
    });

    it("rejects with the caller's reason when the caller gives up", async () => {
      answer = () => {};
      const controller = new AbortController();
      const call = failureOf(rpc().send("eth_chainId", [], { signal: controller.signal }));
      const reason = new Error("alice closed the page");
      controller.abort(reason);
      expect(await call).to.equal(reason);
      expect(await failureOf(rpc().send("eth_chainId", [], { signal: controller.signal }))).to.equal(reason);
      server.closeAllConnections();
    });

    it("sends credentials as a header, and shows no part of the URL that could be secret", async () => {
      let authorization: string | undefined;
      answer = ({ id }, response, request) => {
        authorization = request.headers.authorization;
        json(response, { id, error: { code: -32000, message: "project topsecretproject of alice:s3cret-word is over its limit" } });
      };
      const url = urlOf("/v3/topsecretproject?key=anothersecret").replace("://", "://alice:s3cret-word@");
      const nodeError = await failureOf(httpRpc(url, { post }).send("eth_chainId", []));
      expect(authorization).to.equal(`Basic ${Buffer.from("alice:s3cret-word").toString("base64")}`);
      answer = (_, response) => json(response, "no", 500);
      const httpError = await failureOf(httpRpc(url, { post, retries: 0 }).send("eth_chainId", []));
      const unreachable = await failureOf(
        httpRpc("http://alice:s3cret-word@127.0.0.1:1/topsecretproject", { post, retries: 0 }).send("eth_chainId", []),
      );
      for (const error of [nodeError, httpError, unreachable]) {
        const shown = `${error.message} ${JSON.stringify(error)} ${String(error.cause)} ${error.stack}`;
        for (const secret of ["topsecretproject", "anothersecret", "s3cret-word"]) expect(shown).not.to.contain(secret);
      }
      expect(unreachable).to.include({ reason: "TRANSPORT" });
    });

    it("follows no redirect, and says where it leads, without what may be a key", async () => {
      for (const [status, location, told] of [
        [307, urlOf("/elsewhere/topsecretproject"), `to ${urlOf()} (HTTP status 307)`],
        [301, "https://other.example/topsecretproject", "to https://other.example (HTTP status 301)"],
        [302, "/login", "elsewhere (HTTP status 302)"],
      ] as const) {
        answer = (_, response) => {
          response.writeHead(status, { location });
          response.end();
        };
        calls = 0;
        const error = await failureOf(rpc().send("eth_chainId", []));
        expect(error).to.include({ reason: "REDIRECTED" });
        expect(error.message).to.contain(told).and.not.to.contain("topsecretproject");
        expect(calls).to.equal(1);
      }
    });

    for (const url of ["", "ws://127.0.0.1", "file:///etc/passwd", "127.0.0.1:8545"]) {
      it(`refuses the URL "${url}" at once`, () => expect(() => httpRpc(url)).to.throw(RangeError));
    }
  });
