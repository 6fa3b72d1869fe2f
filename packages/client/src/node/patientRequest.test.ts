import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { patientRequest } from "./patientRequest.ts";

describe("patientRequest", () => {
  const asking = async (refusals: number, headers: Readonly<Record<string, string>>) => {
    const waits: number[] = [];
    let asked = 0;
    const request = patientRequest("https://rpc.example", async (milliseconds) => {
      waits.push(milliseconds);
    });
    request.getUrlFunc = async () => {
      asked += 1;
      const answer = asked > refusals ? '{"jsonrpc":"2.0","id":1,"result":"0x7"}' : "slow down";
      return { statusCode: asked > refusals ? 200 : 429, statusMessage: "", headers, body: new TextEncoder().encode(answer) };
    };
    const provider = new JsonRpcProvider(request, 1, { staticNetwork: true, batchMaxCount: 1 });
    const result: unknown = await provider.send("eth_blockNumber", []).catch((error: { code: unknown }) => error.code);
    provider.destroy();
    return { result, waits };
  };

  it("waits as many seconds as the node says", async () => {
    expect(await asking(2, { "retry-after": "3" })).to.deep.equal({ result: "0x7", waits: [3_000, 3_000] });
  });

  it("waits longer each time where the node says nothing", async () => {
    expect(await asking(3, {})).to.deep.equal({ result: "0x7", waits: [200, 400, 800] });
  });

  it("gives up a node that wants more time than a call may take, and one that never has enough", async () => {
    expect(await asking(1, { "retry-after": "60" })).to.deep.equal({ result: "SERVER_ERROR", waits: [] });
    expect((await asking(100, { "retry-after": "1" })).result).to.equal("SERVER_ERROR");
  });
});
