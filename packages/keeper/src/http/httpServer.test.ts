import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { healthRoutes, metricsRoute } from "../report/healthRoutes.ts";
import { createLogger, silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness } from "../report/readiness.ts";
import { KeeperError } from "../run/errors.ts";
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from "../testing/tlsCertificate.ts";
import { createHttpServer, type HttpServer, type KeeperRoute } from "./httpServer.ts";

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

  const echo: KeeperRoute = (server) => {
    server.post(
      "/echo",
      { schema: { body: { type: "object", properties: { word: { type: "string" } }, required: ["word"], additionalProperties: false } } },
      (request) => request.body,
    );
    server.get("/fail", () => {
      throw new Error("canary-secret");
    });
  };
  const serve = async (options: { readonly http?: object; readonly log?: Parameters<typeof createHttpServer>[0]["log"] } = {}) => {
    const readiness = createReadiness();
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const http = await createHttpServer({
      http: { ...limits, ...options.http },
      routes: [echo, healthRoutes(readiness), metricsRoute(metrics)],
      log: options.log ?? silentLogger,
      metrics,
    });
    open.push(http);
    return { http, readiness, metrics, url: await http.listen() };
  };
  const post = (url: string, body: string, type = "application/json"): Promise<Response> =>
    fetch(`${url}/echo`, { method: "POST", body, headers: { "content-type": type } });
  const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code;

  it("takes a free port when the port is 0 and says which", async () => {
    const { url, http } = await serve();
    expect(url).to.equal(`http://127.0.0.1:${(http.server.server.address() as AddressInfo).port}`);
    expect(await (await post(url, '{"word":"a"}')).json()).to.deep.equal({ word: "a" });
  });

  it("speaks TLS with the certificate that it is given, whose key only its owner can read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keyquorum-tls-"));
    const tls = { certificateFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
    await writeFile(tls.certificateFile, TEST_CERTIFICATE);
    await writeFile(tls.keyFile, TEST_CERTIFICATE_KEY, { mode: 0o644 });
    const refusal = async (files: typeof tls): Promise<unknown> => serve({ http: { tls: files } }).catch((error: unknown) => error);
    expect(await refusal(tls)).to.have.property("code", "SECRET_FILE_UNSAFE");
    await chmod(tls.keyFile, 0o600);
    expect(await refusal({ ...tls, certificateFile: join(folder, "none") })).to.have.property("code", "SECRET_FILE_MISSING");
    const swapped = await refusal({ certificateFile: tls.keyFile, keyFile: tls.keyFile });
    expect(swapped).to.be.instanceOf(KeeperError).with.property("code", "SECRET_FILE_INVALID");
    const { url } = await serve({ http: { tls } });
    expect(url).to.match(/^https:/);
    const status = await new Promise((resolve, reject) => {
      get(`${url}/livez`, { ca: TEST_CERTIFICATE }, (response) => resolve(response.resume().statusCode)).on("error", reject);
    });
    expect(status).to.equal(200);
    await rm(folder, { recursive: true });
  });

  it("refuses a port in use, by code", async () => {
    const { http } = await serve();
    const { port } = http.server.server.address() as AddressInfo;
    const error = await serve({ http: { port } }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(KeeperError).with.property("code", "PORT_IN_USE");
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

  it("says nothing about a failure that nobody expected, and logs it", async () => {
    const lines: string[] = [];
    const { url } = await serve({ log: createLogger("info", { write: (line) => lines.push(line) }) });
    const response = await fetch(`${url}/fail`);
    const text = await response.text();
    expect(response.status).to.equal(500);
    expect(text).to.include("INTERNAL").and.not.include("canary");
    expect(lines).to.have.length(1);
  });

  it("behind a proxy, limits the rate by the address that the proxy saw, whatever the sender says", async () => {
    const { http } = await serve({ http: { trustProxy: true } });
    const ask = async (forwarded: string): Promise<number> =>
      (await http.server.inject({ method: "POST", url: "/echo", payload: { word: "a" }, headers: { "x-forwarded-for": forwarded } }))
        .statusCode;
    const statuses: number[] = [];
    for (let i = 0; i < 7; i += 1) statuses.push(await ask(`10.0.0.${i}, 203.0.113.9`));
    expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 429, 429]);
    expect(await ask("10.0.0.1, 203.0.113.10")).to.equal(200);
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
    const { url, readiness } = await serve();
    const before = await fetch(`${url}/readyz`);
    expect([before.status, ((await before.json()) as { reasons: string[] }).reasons]).to.deep.equal([503, ["starting"]]);
    readiness.set("starting", false);
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
  });

  it("refuses everything but health while it drains", async () => {
    const { url, http } = await serve();
    http.drain();
    expect(await codeOf(await post(url, '{"word":"a"}'))).to.equal("SHUTTING_DOWN");
    expect((await fetch(`${url}/livez`)).status).to.equal(200);
  });

  it("labels durations by route template, never by what was asked", async () => {
    const { url, metrics } = await serve();
    await fetch(`${url}/canary-path?canary=1`);
    await post(url, '{"word":"a"}');
    const text = await metrics.registry.metrics();
    expect(text).to.include('route="/echo"').and.not.include("canary");
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
