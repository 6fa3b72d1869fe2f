import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { peerFetch } from "./peerFetch.ts";

describe("How a keeper reaches others", () => {
  let server: Server;
  let url: string;
  let asked = 0;
  before(async () => {
    server = createServer((request, response) => {
      asked += 1;
      if (request.url === "/elsewhere") response.writeHead(307, { location: "/" }).end();
      else response.end("here");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    asked = 0;
  });

  const reaches = async (chainId: bigint, allowPrivateEndpoints?: boolean, path = "/"): Promise<boolean> => {
    const answer = peerFetch({ chainId, allowPrivateEndpoints })(url + path, {
      method: "POST",
      body: "{}",
      signal: AbortSignal.timeout(60_000),
    });
    return answer.then(
      async (response) => (await response.text()) === "here",
      () => false,
    );
  };

  it("asks none in a private network on a public chain, unless its operator allows it", async () => {
    expect([await reaches(1n), asked]).to.deep.equal([false, 0]);
    expect(await reaches(1n, true)).to.equal(true);
  });

  it("asks those of a local chain, unless its operator forbids it", async () => {
    expect([await reaches(31337n), await reaches(1337n)]).to.deep.equal([true, true]);
    expect([await reaches(31337n, false), asked]).to.deep.equal([false, 2]);
  });

  it("follows nobody elsewhere, on a local chain either", async () => {
    expect([await reaches(31337n, undefined, "/elsewhere"), asked]).to.deep.equal([false, 1]);
  });
});
