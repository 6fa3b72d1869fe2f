import { request } from "node:https";
import { createConnection } from "node:net";
import { expect } from "chai";
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from "../../../test/fixtures/tlsCertificate.ts";
import { createPlainServer, type PlainRequest, type PlainServer, type PlainServerOptions } from "./plainServer.ts";

const limits = {
  host: "127.0.0.1",
  port: 0,
  bodyLimitBytes: 1_024,
  requestTimeoutMilliseconds: 1_000,
  maxConnections: 100,
  requestsPerMinute: 5,
};

describe("createPlainServer", () => {
  const open: PlainServer[] = [];
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });
  const serve = async (options: Partial<PlainServerOptions> = {}) => {
    const seen: PlainRequest[] = [];
    const failures: unknown[] = [];
    const server = createPlainServer({
      limits,
      answer: async (asked) => {
        seen.push(asked);
        return { status: 200, headers: { "x-own": "1" }, body: "yes" };
      },
      refuse: (why, { headers, retryAfter }) => ({
        status: why === "malformed" ? 400 : 418,
        body: `${why} ${headers === undefined} ${retryAfter > 0}`,
      }),
      onFailure: (error) => failures.push(error),
      ...options,
    });
    open.push(server);
    return { server, seen, failures, url: await server.listen() };
  };
  /** Sends these bytes; resolves when the other side closed. */
  const exchange = (url: string, text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = createConnection(Number(new URL(url).port), "127.0.0.1");
      let got = "";
      socket.on("data", (part) => {
        got += part.toString();
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(got));
      socket.write(text);
    });

  it("hands on a request as it came, and adds nothing to its answer but a length", async () => {
    const { url, seen } = await serve();
    const response = await fetch(`${url}//a%2Fb?c`, { method: "POST", body: "text", headers: { "content-type": "any/thing" } });
    expect([response.status, await response.text(), response.headers.get("x-own"), response.headers.get("content-type")]).to.deep.equal([
      200,
      "yes",
      "1",
      null,
    ]);
    const [{ method, target, address, body }] = seen as [PlainRequest];
    expect([method, target, address, new TextDecoder().decode(body)]).to.deep.equal(["POST", "//a%2Fb?c", "127.0.0.1", "text"]);
  });

  it("serves TLS", async () => {
    const { url } = await serve({ tls: { cert: Buffer.from(TEST_CERTIFICATE), key: Buffer.from(TEST_CERTIFICATE_KEY) } });
    expect(url).to.match(/^https:/);
    const status = await new Promise((resolve, reject) => {
      request(url, { ca: TEST_CERTIFICATE }, (response) => resolve(response.statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).to.equal(200);
  });

  it("takes the sender from a trusted proxy's own entry, which is the last, and from nobody else", async () => {
    const forwarded = { headers: { "x-forwarded-for": "192.0.2.1, 2001:db8:1:2:3::4" } };
    const behind = await serve({ limits: { ...limits, trustProxy: true } });
    await fetch(behind.url, forwarded);
    const bare = await serve();
    await fetch(bare.url, forwarded);
    expect([behind.seen[0]?.address, bare.seen[0]?.address]).to.deep.equal(["2001:db8:1:2", "127.0.0.1"]);
  });

  it("lets who answers say how it refuses: too often, too large, no HTTP, stopping", async () => {
    const { url, server } = await serve();
    expect(await exchange(url, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n")).to.match(
      /^HTTP\/1.1 418 .*oversize false false$/s,
    );
    expect(await exchange(url, "nonsense\r\n\r\n")).to.match(/^HTTP\/1.1 400 Bad Request\r\n.*malformed true false$/s);
    for (let sent = 0; sent < 4; sent += 1) expect((await fetch(url)).status).to.equal(200);
    expect(await (await fetch(url)).text()).to.equal("rate false true");
    server.drain();
    expect(await (await fetch(url)).text()).to.equal("draining false true");
  });

  it("turns away by the first lines, before the body has come", async () => {
    const { url, seen } = await serve({ turnAway: ({ headers }) => (headers.host === "a" ? { status: 403, body: "no" } : undefined) });
    const head = (host: string) => `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\nConnection: close\r\n\r\n`;
    expect(await exchange(url, head("a"))).to.match(/^HTTP\/1.1 403 .*connection: close.*no$/is);
    expect(await exchange(url, `${head("b")}yes`)).to.match(/^HTTP\/1.1 200 /);
    expect(seen.map(({ headers }) => headers.host)).to.deep.equal(["b"]);
  });

  it("tells the owner, and nobody else, what failed", async () => {
    const { url, failures } = await serve({
      answer: () => {
        throw new Error("canary");
      },
    });
    const response = await fetch(url);
    expect([response.status, await response.text()]).to.deep.equal([418, "failed false false"]);
    expect(failures.map((error) => (error as Error).message)).to.deep.equal(["canary"]);
  });

  it("ends a request that does not end, and closes while one is being answered", async () => {
    let release: () => void = () => undefined;
    let isAsked = false;
    const { url, server } = await serve({
      answer: async () => {
        isAsked = true;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return { status: 200, body: "late" };
      },
    });
    expect(await exchange(url, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"), "half a body").to.match(/^HTTP\/1.1 400|^$/);
    const answer = fetch(url);
    while (!isAsked) await new Promise((resolve) => setTimeout(resolve, 1));
    const closed = server.close();
    release();
    expect(await (await answer).text()).to.equal("late");
    await closed;
  });

  it("says where it cannot listen", async () => {
    const { url } = await serve();
    const second = createPlainServer({
      limits: { ...limits, port: Number(new URL(url).port) },
      answer: async () => ({ status: 200 }),
      refuse: () => ({ status: 400 }),
    });
    const error = await second.listen().catch((reason: unknown) => reason);
    expect((error as { code: string }).code).to.equal("EADDRINUSE");
  });
});
