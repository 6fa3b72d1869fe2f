import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { FetchRequest, JsonRpcProvider } from "ethers";
import { createChainCalls } from "./chain/chainCalls.ts";
import { exchangeJson } from "./read/exchange.ts";
import { systemClock } from "./time/clock.ts";

const SECRET = "canary0key0of0the0rpc";
const REVERT_DATA = `0x08c379a0${"00".repeat(31)}20${"00".repeat(31)}01${"61".padEnd(64, "0")}`;

/** Everything that a console, a logger or an error tracker shows of an error. */
const shown = (error: unknown): string => {
  const texts = [inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error)];
  for (let one = error; one instanceof Error; one = one.cause) texts.push(String(one), one.stack ?? "", JSON.stringify({ ...one }));
  return texts.join("\n");
};

describe("Errors of the SDK, and the key of an RPC", () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server
  };
  const page =
    (status: number, text: string, type = "text/html"): RequestListener =>
    (_request, response) =>
      response.writeHead(status, { "content-type": type, "x-key": SECRET }).end(text);
  const answering =
    (error: object): RequestListener =>
    (request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => response.end(JSON.stringify({ jsonrpc: "2.0", id: (JSON.parse(text) as { id: number }).id, error })));
    };

  const PLACES: readonly (readonly [string, (host: string) => FetchRequest])[] = [
    ["the path", (host) => new FetchRequest(`http://${host}/v3/${SECRET}`)],
    ["the query", (host) => new FetchRequest(`http://${host}/?apikey=${SECRET}`)],
    ["the password", (host) => new FetchRequest(`http://user:${SECRET}@${host}/`)],
    [
      "the Authorization header",
      (host) => {
        const request = new FetchRequest(`http://${host}/`);
        request.setHeader("authorization", `Bearer ${SECRET}`);
        return request;
      },
    ],
  ];
  const FAILURES: readonly (readonly [string, () => Promise<string>])[] = [
    ["401", () => serve(page(401, `the key ${SECRET} is unknown`))],
    ["403", () => serve(page(403, `{"error":"${SECRET}"}`, "application/json"))],
    ["429", () => serve(page(429, `slow down, ${SECRET}`))],
    ["500, with the URL in its page", () => serve((request, response) => response.writeHead(500).end(`${request.url} ${SECRET}`))],
    ["no answer in time", () => serve(() => undefined)],
    ["a refused connection", async () => "127.0.0.1:9"],
    ["a name that does not exist", async () => "rpc.invalid"],
    ["HTML", () => serve(page(200, `<html>${SECRET}</html>`))],
    ["broken JSON", () => serve(page(200, `{"jsonrpc":"2.0","result":"${SECRET}`, "application/json"))],
    ["a redirect", () => serve((_request, response) => response.writeHead(302, { location: `http://127.0.0.1:9/${SECRET}` }).end())],
    ["a revert", () => serve(answering({ code: 3, message: `execution reverted at https://a.example/${SECRET}`, data: REVERT_DATA }))],
    ["an error of the node", () => serve(answering({ code: -32000, message: `https://a.example/v3/${SECRET} has no credits` }))],
  ];
  for (const [place, requestOf] of PLACES)
    for (const [failure, start] of FAILURES)
      it(`when the key is in ${place} and the RPC fails by ${failure}, it should not be in the error, its causes or its stack`, async () => {
        const request = requestOf(await start());
        request.timeout = 300;
        request.setThrottleParams({ maxAttempts: 1 });
        const provider = new JsonRpcProvider(request, 1, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
        const calls = createChainCalls({ provider, clock: systemClock, readMs: 5_000, transactMs: 5_000, pollMs: 10 });
        const call = (): Promise<string> => provider.call({ to: `0x${"11".repeat(20)}`, data: "0x12345678" });
        const error = await calls.read("Reading", call).catch((reason: unknown) => reason);
        provider.destroy();
        expect(error).to.be.instanceOf(KeyquorumError);
        expect(shown(error)).not.to.include(SECRET);
        expect((error as KeyquorumError).cause).to.be.instanceOf(Error); // what went wrong is still told
      });

  it("when a keeper behind a key of its own cannot be asked, the key should not be in the error", async () => {
    const url = `http://127.0.0.1:9/${SECRET}/v1/keeper?a=${SECRET}`;
    const fetch = (): Promise<Response> =>
      Promise.reject(new TypeError(`Failed to fetch ${url}`, { cause: { url, headers: { key: SECRET } } }));
    const limits = { overallMs: 1_000, idleMs: 1_000, maxBytes: 1_000 };
    const error = await exchangeJson({ fetch, clock: systemClock, url, method: "GET", limits }).catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "UNREACHABLE");
    expect(shown(error)).not.to.include(SECRET);
  });
});
