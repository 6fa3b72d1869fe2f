import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { type RpcProxy, startRpcProxy } from "./rpcProxy.ts";

describe("startRpcProxy", () => {
  let node: Server;
  let proxy: RpcProxy;
  let reached: string[];

  beforeEach(async () => {
    reached = [];
    node = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        reached.push((JSON.parse(body) as { readonly method: string }).method);
        response.end('{"result":1}');
      });
    });
    await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
    proxy = await startRpcProxy(`http://127.0.0.1:${(node.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    await proxy.close();
    node.close();
    node.closeAllConnections();
  });
  const call = (method: string): Promise<string> =>
    fetch(proxy.url, { method: "POST", body: JSON.stringify({ method, params: [] }) }).then(
      (response) => response.text(),
      () => "cut",
    );

  it("passes calls and answers", async () => {
    expect(await call("a")).to.equal('{"result":1}');
    expect([reached, proxy.met()]).to.deep.equal([["a"], 0]);
  });

  it("drops the n-th call of a method before the node has it", async () => {
    proxy.intercept(({ method, count }, moment) => (moment === "before" && method === "send" && count === 1 ? "drop" : "pass"));
    expect([await call("send"), await call("other"), await call("send"), await call("send")]).to.deep.equal([
      '{"result":1}',
      '{"result":1}',
      "cut",
      '{"result":1}',
    ]);
    expect([reached, proxy.met()]).to.deep.equal([["send", "other", "send"], 1]);
  });

  it("swallows an answer after the call took effect, until it is cleared", async () => {
    proxy.intercept((_call, moment) => (moment === "after" ? "swallow" : "pass"));
    expect(await call("send")).to.equal("cut");
    expect([reached, proxy.met()]).to.deep.equal([["send"], 1]);
    proxy.clear();
    expect(await call("send")).to.equal('{"result":1}');
  });
});
