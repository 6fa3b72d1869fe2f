import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "@keyquorum/daemon";
import { type HttpRoute, type HttpServer, healthRoutes } from "@keyquorum/http";
import { expect } from "chai";
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from "../../../../test/fixtures/tlsCertificate.ts";
import { createLogger, silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createReadiness } from "../report/readiness.ts";
import { createKeeperServer } from "./keeperServer.ts";

const limits = {
  host: "127.0.0.1",
  port: 0,
  bodyLimitBytes: 1_024,
  requestTimeoutMilliseconds: 2_000,
  maxConnections: 100,
  requestsPerMinute: 5,
};

describe("createKeeperServer", () => {
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
    server.get("/fail", () => {
      throw new Error("canary-secret");
    });
  };
  const serve = async (options: { readonly http?: object; readonly log?: Parameters<typeof createKeeperServer>[0]["log"] } = {}) => {
    const metrics = createMetrics({ version: "0", processMetrics: false });
    const http = await createKeeperServer({
      http: { ...limits, ...options.http },
      routes: [echo, healthRoutes(createReadiness())],
      log: options.log ?? silentLogger,
      metrics,
    });
    open.push(http);
    return { http, metrics, url: await http.listen() };
  };

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
    expect(swapped).to.be.instanceOf(OperatorError).with.property("code", "SECRET_FILE_INVALID");
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
    expect(error).to.be.instanceOf(OperatorError).with.property("code", "PORT_IN_USE");
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

  it("labels durations by route template, never by what was asked", async () => {
    const { url, metrics } = await serve();
    await fetch(`${url}/canary-path?canary=1`);
    await fetch(`${url}/echo`, { method: "POST", body: '{"word":"a"}', headers: { "content-type": "application/json" } });
    const text = await metrics.registry.metrics();
    expect(text).to.include('route="/echo"').and.not.include("canary");
  });
});
