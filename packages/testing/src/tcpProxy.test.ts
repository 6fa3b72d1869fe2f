import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
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
  /** The answer, or what a caller hears who waits for a while after the fault was met. */
  const ask = async (mode: ProxyMode): Promise<string> => {
    proxy.set(mode);
    const waiting = new AbortController();
    const answer = fetch(proxy.url, { signal: waiting.signal }).then(
      (response) => response.text(),
      () => "silence",
    );
    if (mode.kind === "pass") return answer;
    while (proxy.met(mode.kind) === 0) await sleep(5);
    await sleep(200);
    waiting.abort();
    return answer;
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
