import { get, request } from "node:http";
import { get as getByTls } from "node:https";
import { type AddressInfo, createConnection, type Socket } from "node:net";
import { expect } from "chai";
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from "../../../test/fixtures/tlsCertificate.ts";
import { addressGroupOf } from "./connectionLimits.ts";
import { healthRoutes, metricsRoute } from "./healthRoutes.ts";
import type { TlsPem } from "./httpLimits.ts";
import { createHttpServer, type HttpRoute, type HttpServer } from "./httpServer.ts";
import { emptyRegistry } from "./testing/emptyRegistry.ts";

const [MALLORY, BOB, PROXY] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

describe("An HTTP server under too many connections", () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const words: HttpRoute = (server) => {
    server.get("/word", () => ({ word: "a" }));
    server.post("/echo", (request) => request.body ?? {});
  };
  const serve = async (changes: object = {}, tls?: TlsPem): Promise<HttpServer & { readonly port: number }> => {
    const http = await createHttpServer({
      limits: {
        ...{ host: "127.0.0.1", port: 0, bodyLimitBytes: 1_024, requestTimeoutMilliseconds: 60_000, requestsPerMinute: 10_000 },
        ...{ maxConnections: 60, maxConnectionsPerAddress: 20, ...changes },
      },
      tls,
      routes: [words, healthRoutes({ reasons: () => [] }), metricsRoute(emptyRegistry)],
    });
    closers.push(http.close);
    await http.listen();
    return { ...http, port: (http.server.server.address() as AddressInfo).port }; // of a TCP server
  };
  /** Opens connections that stay open, and says something on each. */
  const occupy = async (port: number, count: number, from: string, said = ""): Promise<readonly Socket[]> => {
    const sockets: Socket[] = [];
    for (let opened = 0; opened < count; opened += 1) {
      const socket = createConnection({ host: "127.0.0.1", port, localAddress: from, allowHalfOpen: true });
      socket.on("error", () => undefined); // it may be closed at any time
      sockets.push(socket);
      closers.push(() => socket.destroy());
      await new Promise<void>((resolve) => {
        socket.once("connect", () => socket.write(said, () => resolve()));
        socket.once("close", () => resolve());
      });
    }
    return sockets;
  };
  const status = (port: number, path: string, from: string): Promise<number> =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port, path, localAddress: from, agent: false }, (answer) => resolve(answer.resume().statusCode ?? 0)).on(
        "error",
        reject,
      );
    });
  const untilServed = async (port: number): Promise<void> => {
    while ((await status(port, "/word", MALLORY)) !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const all = (port: number, from: string): Promise<readonly number[]> =>
    Promise.all(["/livez", "/readyz", "/metrics", "/word"].map((path) => status(port, path, from)));

  const FORMS: readonly (readonly [string, string])[] = [
    ["say nothing", ""],
    ["send headers slowly", "GET /word HTTP/1.1\r\nhost: a\r\nx"],
    ["send a body slowly", "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"],
    ["are kept alive after an answer", "GET /word HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["send requests before answers are read", "GET /word HTTP/1.1\r\nhost: a\r\n\r\n".repeat(5)],
  ];
  for (const [what, said] of FORMS)
    it(`when one address opens 1,000 connections that ${what}, others should be served, and health should answer everybody`, async () => {
      const { port } = await serve();
      await occupy(port, 1_000, MALLORY, said);
      expect(await all(port, BOB)).to.deep.equal([200, 200, 200, 200]);
      expect(await all(port, MALLORY)).to.deep.equal([200, 200, 200, 429]);
    });

  it("when many addresses fill it, it should still answer health checks, of anybody, and ask the others to come back", async () => {
    const { port, server } = await serve({ maxConnectionsPerAddress: 5 });
    for (let last = 10; last < 40; last += 1) await occupy(port, 10, `127.0.1.${last}`);
    expect(await all(port, BOB)).to.deep.equal([200, 200, 200, 429]);
    expect(await new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count)))).to.be.at.most(60 + 32 + 4);
  });

  it("when the connections close, their places should be free again", async () => {
    const { port } = await serve();
    for (let round = 0; round < 3; round += 1) {
      const sockets = await occupy(port, 40, MALLORY);
      expect(await status(port, "/word", MALLORY)).to.equal(429);
      for (const socket of sockets) socket.destroy();
      await untilServed(port);
    }
  });

  it("when connections say nothing, send headers slowly, or are kept alive or half open, it should close them by itself", async () => {
    const { port, server } = await serve();
    for (const said of ["", "GET /word HTTP/1.1\r\nx", "GET /word HTTP/1.1\r\nhost: a\r\n\r\n", "no HTTP\r\n\r\n"])
      await occupy(port, 5, MALLORY, said);
    const open = (): Promise<number> => new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count)));
    while ((await open()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await status(port, "/word", MALLORY)).to.equal(200);
  });

  it("when it stands behind a proxy, all of whose connections have one address, it should bound their number only", async () => {
    const { port } = await serve({ trustProxy: true });
    await occupy(port, 50, PROXY);
    expect(await all(port, PROXY)).to.deep.equal([200, 200, 200, 200]);
    await occupy(port, 20, PROXY);
    expect(await all(port, PROXY)).to.deep.equal([200, 200, 200, 429]);
  });

  it("when it speaks TLS, the same should hold, also for handshakes that never end", async () => {
    const { port } = await serve({}, { cert: Buffer.from(TEST_CERTIFICATE), key: Buffer.from(TEST_CERTIFICATE_KEY) });
    await occupy(port, 100, MALLORY);
    const byTls = (path: string, from: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const options = {
          host: "127.0.0.1",
          port,
          path,
          localAddress: from,
          agent: false,
          ca: TEST_CERTIFICATE,
          checkServerIdentity: () => undefined,
        };
        getByTls(options, (answer) => resolve(answer.resume().statusCode ?? 0)).on("error", reject);
      });
    expect([await byTls("/word", BOB), await byTls("/readyz", MALLORY), await byTls("/word", MALLORY)]).to.deep.equal([200, 200, 429]);
  });

  it("when a request on a spare connection goes on sending, it should be cut off", async () => {
    const { port } = await serve({ maxConnectionsPerAddress: 1 });
    await occupy(port, 1, MALLORY);
    const endless = request({ host: "127.0.0.1", port, path: "/echo", method: "POST", localAddress: MALLORY, agent: false });
    const ended = new Promise((resolve) => {
      endless.on("error", resolve);
      endless.on("response", (answer) => resolve(answer.resume()));
    });
    endless.write("{");
    await ended;
    endless.destroy();
    expect(await status(port, "/livez", MALLORY)).to.equal(200);
  });
});

describe("addressGroupOf", () => {
  for (const [address, group] of [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8::6", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ] as const)
    it(`when the address is "${address}", it should be "${group}"`, () => expect(addressGroupOf(address)).to.equal(group));
});
