import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { startRenumberingProxy } from "./renumberingProxy.ts";

describe("startRenumberingProxy", () => {
  let node: Server;
  let proxy: Awaited<ReturnType<typeof startRenumberingProxy>>;
  let asked: unknown[];
  let result: unknown;

  beforeEach(async () => {
    asked = [];
    node = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        asked.push((JSON.parse(Buffer.concat(chunks).toString()) as { readonly params: unknown }).params);
        response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
      });
    });
    await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
    proxy = await startRenumberingProxy(`http://127.0.0.1:${(node.address() as AddressInfo).port}`, 5_000);
  });
  afterEach(async () => {
    await proxy.close();
    node.close();
    node.closeAllConnections();
  });
  const call = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const response = await fetch(proxy.url, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
    return ((await response.json()) as { readonly result: unknown }).result;
  };

  it("adds to every number that the node says, and leaves block 0 and all else alone", async () => {
    result = "0x10";
    expect(await call("eth_blockNumber")).to.equal("0x1398");
    expect(await call("eth_chainId")).to.equal("0x10");
    result = { number: "0x10", timestamp: "0x10", logs: [{ blockNumber: "0x11", logIndex: "0x1" }] };
    expect(await call("eth_getBlockByNumber", "latest")).to.deep.equal({
      ...{ number: "0x1398", timestamp: "0x10", logs: [{ blockNumber: "0x1399", logIndex: "0x1" }] },
    });
    result = { number: "0x0" };
    expect(await call("eth_getBlockByNumber", "0x0")).to.deep.equal({ number: "0x0" });
  });

  it("takes it from every number that the node is asked for", async () => {
    result = null;
    await call("eth_getBlockByNumber", "0x1398", false);
    await call("eth_call", { to: "0x10" }, "0x1398");
    await call("eth_call", { to: "0x10" }, { blockHash: "0x1398" });
    await call("eth_getLogs", { fromBlock: "0x1398", toBlock: "latest", address: "0x1398" });
    expect(asked).to.deep.equal([
      ["0x10", false],
      [{ to: "0x10" }, "0x10"],
      [{ to: "0x10" }, { blockHash: "0x1398" }],
      [{ fromBlock: "0x10", toBlock: "latest", address: "0x1398" }],
    ]);
  });

  it("has no block between the first and the offset", async () => {
    await call("eth_getBlockByNumber", "0x22a", false);
    expect(asked).to.deep.equal([["0x10000000000", false]]);
  });
});
