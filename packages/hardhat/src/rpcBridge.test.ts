import { expect } from "chai";
import { type RpcBridge, startRpcBridge } from "./rpcBridge.ts";

const PATH = "0123456789abcdef";

describe("the JSON-RPC bridge", () => {
  let bridge: RpcBridge;
  before(async () => {
    const request = async ({ method, params }: { readonly method: string; readonly params?: unknown[] }): Promise<unknown> => {
      if (method === "fail") throw Object.assign(new Error("execution reverted"), { code: 3, data: "0x1234" });
      if (method === "nothing") return undefined;
      return { method, params };
    };
    bridge = await startRpcBridge({ request }, PATH);
  });
  after(() => bridge.close());

  const post = async (body: string, url = bridge.url): Promise<{ readonly status: number; readonly json: unknown }> => {
    const response = await fetch(url, { method: "POST", body });
    return { status: response.status, json: await response.json() };
  };

  it("passes calls on, alone and in batches, and answers null for nothing", async () => {
    const call = { jsonrpc: "2.0", id: 7, method: "eth_call", params: [1] };
    expect((await post(JSON.stringify(call))).json).to.deep.equal({ jsonrpc: "2.0", id: 7, result: { method: "eth_call", params: [1] } });
    const batch = await post(JSON.stringify([call, { id: 8, method: "nothing" }]));
    expect(batch.json).to.deep.equal([
      { jsonrpc: "2.0", id: 7, result: { method: "eth_call", params: [1] } },
      { jsonrpc: "2.0", id: 8, result: null },
    ]);
  });

  it("passes an error on with its code and data", async () => {
    const { json } = await post(JSON.stringify({ id: 1, method: "fail" }));
    expect(json).to.deep.equal({ jsonrpc: "2.0", id: 1, error: { code: 3, message: "execution reverted", data: "0x1234" } });
  });

  it("refuses what is no call", async () => {
    for (const body of ["null", "7", '{"id":1}', '{"id":1,"method":7}', '{"id":1,"method":"a","params":{}}'])
      expect((await post(body)).json, body).to.have.nested.property("error.code", -32600);
    expect((await post("{")).status).to.equal(400);
  });

  it("answers nobody who does not know its path: it signs for the network's accounts", async () => {
    const { origin } = new URL(bridge.url);
    for (const path of ["/", "", `/${PATH}/x`, "/0123456789abcdee"])
      expect((await post('{"id":1,"method":"eth_accounts"}', `${origin}${path}`)).status).to.equal(404);
    expect((await fetch(bridge.url)).status).to.equal(404);
  });
});
