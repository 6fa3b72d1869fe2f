import type { AddressInfo } from "node:net";
import { createConnection } from "node:net";
import { expect } from "chai";
import { healthRoutes, metricsRoute } from "./healthRoutes.ts";
import { createHttpServer, type HttpRoute, type HttpServer, type HttpServerOptions } from "./httpServer.ts";
import { emptyRegistry } from "./testing/emptyRegistry.ts";

const limits = {
  host: "127.0.0.1",
  port: 0,
  bodyLimitBytes: 1_024,
  requestTimeoutMilliseconds: 2_000,
  maxConnections: 100,
  requestsPerMinute: 5,
};

describe("createHttpServer", () => {
  const open: HttpServer[] = [];
  afterEach(async () => {
    for (const http of open.splice(0)) await http.close();
  });

  const echo: HttpRoute = (server) => {
    server.post(
      "/echo",
      { schema: { body: { type: "object", properties: { word: { type: "string" } }, required: ["word"], additionalProperties: false } } },
      (request) => request.body,
    );
    server.get("/last", { config: { answersDraining: true } }, (_request, reply) => reply.send({}));
    server.get("/fail", () => {
      throw new Error("canary-secret");
    });
  };
  type Options = Pick<HttpServerOptions, "onAnswered" | "onFailure"> & {
    readonly limits?: object;
    readonly reasons?: () => readonly string[];
  };
  const serve = async ({ reasons = () => [], ...options }: Options = {}) => {
    const http = await createHttpServer({
      ...options,
      limits: { ...limits, ...options.limits },
      routes: [echo, healthRoutes({ reasons }), metricsRoute(emptyRegistry)],
    });
    open.push(http);
    return { http, url: await http.listen() };
  };
  const post = (url: string, body: string, type = "application/json"): Promise<Response> =>
    fetch(`${url}/echo`, { method: "POST", body, headers: { "content-type": type } });
  const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code;

  it("takes a free port when the port is 0 and says which", async () => {
    const { url, http } = await serve();
    expect(url).to.equal(`http://127.0.0.1:${(http.server.server.address() as AddressInfo).port}`);
    expect(await (await post(url, '{"word":"a"}')).json()).to.deep.equal({ word: "a" });
  });

  for (const [name, body, code, status] of [
    ["text that is no JSON", "{", "INVALID_REQUEST", 400],
    ["an empty body", "", "INVALID_REQUEST", 400],
    ["a missing field", "{}", "INVALID_REQUEST", 400],
    ["a field of another type, without converting it", '{"word":1}', "INVALID_REQUEST", 400],
    ["an unknown field, without dropping it", '{"word":"a","more":1}', "INVALID_REQUEST", 400],
    ["a field called __proto__", '{"word":"a","__proto__":{"x":1}}', "INVALID_REQUEST", 400],
    ["a body above the limit", `{"word":"${"a".repeat(2_000)}"}`, "BODY_TOO_LARGE", 413],
  ] as const)
    it(`refuses ${name}`, async () => {
      const { url } = await serve();
      const response = await post(url, body);
      expect(response.status).to.equal(status);
      expect(await codeOf(response)).to.equal(code);
    });

  it("names the field that is wrong and never repeats its value", async () => {
    const { url } = await serve();
    const error = (await (await post(url, `{"word":["canary"]}`)).json()) as { message: string; details: { field: string } };
    expect(error.details.field).to.equal("word");
    expect(JSON.stringify(error)).not.to.include("canary");
  });

  it("refuses a body that is not JSON by its type", async () => {
    const { url } = await serve();
    for (const type of ["application/x-www-form-urlencoded", "text/plain"]) {
      const response = await post(url, '{"word":"a"}', type);
      expect([response.status, await codeOf(response)], type).to.deep.equal([415, "UNSUPPORTED_MEDIA_TYPE"]);
    }
  });

  it("answers an unknown route with the protocol's error", async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/nothing`);
    expect([response.status, await codeOf(response)]).to.deep.equal([404, "NOT_FOUND"]);
  });

  it("says nothing about a failure that nobody expected, and hands it on", async () => {
    const failures: unknown[] = [];
    const { url } = await serve({ onFailure: (failure) => failures.push(failure) });
    const response = await fetch(`${url}/fail`);
    const text = await response.text();
    expect(response.status).to.equal(500);
    expect(text).to.include("INTERNAL").and.not.include("canary");
    expect(failures).to.have.length(1);
    expect(failures[0]).to.have.property("route", "/fail");
  });

  it("behind a proxy, limits the rate by the address that the proxy saw, whatever the sender says", async () => {
    const { http } = await serve({ limits: { trustProxy: true } });
    const ask = async (forwarded: string): Promise<number> =>
      (await http.server.inject({ method: "POST", url: "/echo", payload: { word: "a" }, headers: { "x-forwarded-for": forwarded } }))
        .statusCode;
    const statuses: number[] = [];
    for (let i = 0; i < 7; i += 1) statuses.push(await ask(`10.0.0.${i}, 203.0.113.9`));
    expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 429, 429]);
    expect(await ask("10.0.0.1, 203.0.113.10")).to.equal(200);
  });

  it("limits the rate of the /64 of an IPv6 address, which one customer has, and of an IPv4 address in IPv6's clothes", async () => {
    const { http } = await serve({ limits: { trustProxy: true } });
    const ask = async (forwarded: string): Promise<number> =>
      (await http.server.inject({ method: "POST", url: "/echo", payload: { word: "a" }, headers: { "x-forwarded-for": forwarded } }))
        .statusCode;
    for (let i = 0; i < 5; i += 1) expect(await ask(`2001:db8:0:7::${i}`)).to.equal(200);
    expect(await ask("2001:db8:0:7:a:b:c:d")).to.equal(429);
    expect(await ask("2001:db8:0:8::1"), "the next /64").to.equal(200);
    for (let i = 0; i < 5; i += 1) expect(await ask("203.0.113.9")).to.equal(200);
    expect(await ask("::ffff:203.0.113.9")).to.equal(429);
  });

  it("limits the rate per address, but not of health and metrics", async () => {
    const { url } = await serve();
    for (let i = 0; i < 5; i += 1) expect((await post(url, '{"word":"a"}')).status).to.equal(200);
    const limited = await post(url, '{"word":"a"}');
    expect([limited.status, await codeOf(limited)]).to.deep.equal([429, "RATE_LIMITED"]);
    expect(limited.headers.has("retry-after")).to.equal(true);
    for (let i = 0; i < 10; i += 1) expect((await fetch(`${url}/livez`)).status).to.equal(200);
    expect((await fetch(`${url}/metrics`)).status).to.equal(200);
  });

  it("sends CORS headers and answers a preflight below /v1, and nowhere else", async () => {
    const { url } = await serve();
    const preflight = (path: string): Promise<Response> =>
      fetch(`${url}${path}`, { method: "OPTIONS", headers: { origin: "https://app.example", "access-control-request-method": "POST" } });
    const allowed = await preflight("/v1/share-requests");
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).to.deep.equal([204, "*"]);
    const refused = await preflight("/metrics");
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).to.deep.equal([404, null]);
    expect((await fetch(`${url}/metrics`)).headers.get("access-control-allow-origin")).to.equal(null);
  });

  it("is ready when no reason is left, and says which are", async () => {
    let reasons = ["starting"];
    const { url } = await serve({ reasons: () => reasons });
    const before = await fetch(`${url}/readyz`);
    expect([before.status, ((await before.json()) as { reasons: string[] }).reasons]).to.deep.equal([503, ["starting"]]);
    reasons = [];
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
  });

  it("refuses everything but health, and what says that it answers then, while it drains", async () => {
    const { url, http } = await serve();
    http.drain();
    expect((await fetch(`${url}/last`)).status).to.equal(200);
    expect(await codeOf(await post(url, '{"word":"a"}'))).to.equal("SHUTTING_DOWN");
    expect((await fetch(`${url}/livez`)).status).to.equal(200);
  });

  it("reports what it answered by route template, never by what was asked", async () => {
    const routes: string[] = [];
    const { url } = await serve({ onAnswered: ({ route }) => routes.push(route) });
    await fetch(`${url}/canary-path?canary=1`);
    await post(url, '{"word":"a"}');
    while (routes.length < 2) await new Promise((resolve) => setTimeout(resolve, 1)); // a client has its answer a moment earlier
    expect(routes).to.deep.equal(["none", "/echo"]);
  });

  it("answers bytes that are no HTTP with an error and closes", async () => {
    const { http } = await serve();
    const { port } = http.server.server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = createConnection(port, "127.0.0.1", () => socket.write("\0\0 nonsense\r\n\r\n"));
      let text = "";
      socket.on("data", (data) => {
        text += data.toString();
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    expect(answer)
      .to.match(/^HTTP\/1.1 400/)
      .and.include("INVALID_REQUEST");
  });
});
