import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createMemoryBlobStore } from "@keyquorum/blobs";
import type { Address, parseShareRequestBody } from "@keyquorum/wire";
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { createBareClient } from "../bareClient.ts";
import { fakeDeployment } from "../fakes/fakeDeployment.ts";
import type { KeeperContact } from "../keys/committee.ts";
import type { ClientOptions } from "../options.ts";
import { systemClock } from "../time/clock.ts";
import { askKeeper } from "./askKeeper.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "./exchange.ts";

const MAINNET = 1n;
const provider = new JsonRpcProvider("http://127.0.0.1:9", 1, { staticNetwork: true });

describe("A keeper's endpoint in the registry", () => {
  let server: Server;
  let port: number;
  let asked: number;
  before(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port; // of a TCP server
  });
  after(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    asked = 0;
  });

  /** How asking ends: the code of the failure, or "asked". */
  const ask = async (
    endpoint: string,
    options: Partial<ClientOptions> & { readonly chainId?: bigint; readonly isChosen?: boolean } = {},
  ) => {
    const { chainId = MAINNET, isChosen = false, ...others } = options;
    const deployment = { ...fakeDeployment(), chainId };
    const { fetchAt } = createBareClient({ provider, deployment, blobs: createMemoryBlobStore(), ...others });
    const keeper: KeeperContact = { slot: 1, name: "one", identity: `0x${"11".repeat(20)}` as Address, endpoint, isChosen };
    const body = {} as ReturnType<typeof parseShareRequestBody> as never; // not looked at
    const limits = DEFAULT_EXCHANGE_LIMITS;
    const { signal } = new AbortController();
    return askKeeper({ keeper, body, fetch: fetchAt(keeper), clock: systemClock, limits, signal }).then(
      () => "asked",
      (error: { code: string }) => error.code,
    );
  };

  for (const host of ["127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1", "localhost", "127.0.0.1.", "2130706433"])
    it(`when it is at ${host}, the reader's machine should post nothing there`, async () => {
      expect(await ask(`http://${host}:${port}`)).to.equal("ENDPOINT_REFUSED");
      expect(await ask(`http://${host}:${port}`, { fetch: (url, init) => fetch(url, init) })).to.equal("ENDPOINT_REFUSED");
      expect(asked).to.equal(0);
    });

  it("when it is link-local, or has a query, credentials or another service's port, it should not be asked on any chain", async () => {
    expect(await ask("http://169.254.169.254/latest")).to.equal("ENDPOINT_REFUSED");
    for (const endpoint of [
      `http://127.0.0.1:${port}/path?x=`,
      `http://a:b@127.0.0.1:${port}`,
      "http://127.0.0.1:25",
      "http://127.0.0.1:0",
    ])
      expect(await ask(endpoint, { chainId: 31337n }), endpoint).to.equal("NO_ENDPOINT");
    expect(asked).to.equal(0);
  });

  it("when the chain is local, the caller allows it, or the endpoint is the caller's own word, it should be asked anywhere", async () => {
    const endpoint = `http://127.0.0.1:${port}`;
    expect(await ask(endpoint, { chainId: 31337n })).to.equal("asked");
    expect(await ask(endpoint, { chainId: 1337n })).to.equal("asked");
    expect(await ask(endpoint, { allowPrivateEndpoints: true })).to.equal("asked");
    expect(await ask(endpoint, { isChosen: true })).to.equal("asked");
    expect(asked).to.equal(4);
    expect(await ask(endpoint, { chainId: 31337n, allowPrivateEndpoints: false })).to.equal("ENDPOINT_REFUSED");
    expect(asked).to.equal(4);
  });
});
