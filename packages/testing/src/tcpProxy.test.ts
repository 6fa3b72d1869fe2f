import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { type ProxyMode, startTcpProxy, type TcpProxy } from "./tcpProxy.ts";

describe("startTcpProxy, one-way cuts", () => {
  let server: Server;
  let proxy: TcpProxy;
  let reached: number;

  beforeEach(async () => {
    reached = 0;
    server = createServer((_request, response) => {
      reached += 1;
      response.end("answer");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy = await startTcpProxy((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await proxy.close();
    server.close();
    server.closeAllConnections();
  });
  const ask = (mode: ProxyMode): Promise<string> => {
    proxy.set(mode);
    return fetch(proxy.url, { signal: AbortSignal.timeout(200) }).then(
      (response) => response.text(),
      () => "silence",
    );
  };

  it("passes both ways without a fault", async () => {
    expect([await ask({ kind: "pass" }), reached]).to.deep.equal(["answer", 1]);
  });
  it("lets requests through and swallows answers", async () => {
    expect([await ask({ kind: "swallowAnswers" }), reached, proxy.met("swallowAnswers")]).to.deep.equal(["silence", 1, 1]);
  });
  it("swallows requests, so that nothing takes effect", async () => {
    expect([await ask({ kind: "swallowRequests" }), reached, proxy.met("swallowRequests")]).to.deep.equal(["silence", 0, 1]);
  });
});
