import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createEndpointFetch, type EndpointFetchOptions } from "./endpointFetch.ts";

type Resolve = NonNullable<EndpointFetchOptions["resolve"]>;

/** A resolver that answers with these, one after the other. */
const resolving = (...answers: readonly (readonly string[])[]): Resolve => {
  let asked = 0;
  return (_hostname, options, callback) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
    if ("all" in options && options.all === true)
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    else callback(null, addresses[0] ?? "", 4);
  };
};

describe("The fetch for registered endpoints", () => {
  const servers: Server[] = [];
  let connections = 0;
  afterEach(async () => {
    connections = 0;
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  const serve = async (listener: RequestListener, host = "127.0.0.1"): Promise<number> => {
    const server = createServer(listener).on("connection", () => {
      connections += 1;
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as AddressInfo).port; // of a TCP server
  };
  const isTest = (address: string): boolean => address === "127.0.0.2";
  const codeOf = async (url: string, options: EndpointFetchOptions = {}): Promise<unknown> => {
    try {
      const answer = await createEndpointFetch(options)(url, { method: "POST", body: "{}", signal: AbortSignal.timeout(60_000) });
      await answer.text();
      return answer.status;
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };

  it("when a name resolves to an allowed address, it should post there, and give the status, the body and the time to wait", async () => {
    const port = await serve((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        response.writeHead(429, { "retry-after": "7", "set-cookie": "a=b" });
        response.end(`${request.method} ${request.headers.host} ${request.headers["content-type"]} ${text}`);
      });
    }, "127.0.0.2");
    const fetch = createEndpointFetch({ resolve: resolving(["127.0.0.2"]), isAllowed: isTest });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`http://keeper.example.com:${port}/a`, { method: "POST", headers, body: '{"a":"ü"}' });
    expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("set-cookie")]).to.deep.equal([429, "7", null]);
    expect(await answer.text()).to.equal(`POST keeper.example.com:${port} application/json {"a":"ü"}`);
  });

  for (const host of [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0.0.0.0",
    "[::]",
    "localhost",
    "localhost.",
  ])
    it(`when the host is ${host}, it should not connect`, async () => {
      const port = await serve((_request, response) => response.end());
      expect(await codeOf(`http://${host}:${port}/`)).to.equal("PRIVATE_ADDRESS");
      expect(await codeOf(`http://${host}:${port}/`, { modules: null, fetch: () => Promise.reject(new Error("sent")) })).to.equal(
        "PRIVATE_ADDRESS",
      );
      expect(connections).to.equal(0);
    });

  for (const answer of [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["169.254.169.254"], ["10.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1"], []])
    it(`when a name resolves to [${answer}], it should not connect`, async () => {
      const port = await serve((_request, response) => response.end());
      expect(await codeOf(`http://keeper.example.com:${port}/`, { resolve: resolving(answer) })).to.equal("PRIVATE_ADDRESS");
      expect(connections).to.equal(0);
    });

  it("when a name is public first and private at the next connection, it should not connect again", async () => {
    const port = await serve((_request, response) => response.writeHead(200, { connection: "close" }).end(), "127.0.0.2");
    const fetch = createEndpointFetch({ resolve: resolving(["127.0.0.2"], ["127.0.0.1"]), isAllowed: isTest });
    const first = await fetch(`http://keeper.example.com:${port}/`, {});
    await first.text();
    await new Promise((resolve) => setImmediate(resolve));
    const second = await fetch(`http://keeper.example.com:${port}/`, {}).catch((error: unknown) => error);
    expect(second).to.have.property("code", "PRIVATE_ADDRESS");
    expect(connections).to.equal(1);
  });

  for (const status of [301, 302, 307, 308])
    it(`when the endpoint answers with ${status}, it should go nowhere`, async () => {
      let asked = 0;
      const secret = await serve(() => {
        asked += 1;
      });
      const port = await serve(
        (_request, response) => response.writeHead(status, { location: `http://127.0.0.1:${secret}/` }).end(),
        "127.0.0.2",
      );
      expect(await codeOf(`http://127.0.0.2:${port}/`, { isAllowed: isTest })).to.equal("REDIRECTED");
      expect(asked).to.equal(0);
    });

  it("when the endpoint answers with a status that is none, it should refuse the answer and not end the process", async () => {
    const port = await serve((request) => request.socket.end("HTTP/1.1 999 X\r\ncontent-length: 2\r\n\r\nhi"), "127.0.0.2");
    expect(await codeOf(`http://127.0.0.2:${port}/`, { isAllowed: isTest })).to.equal("INVALID_STATUS");
  });

  it("when the caller aborts, it should end", async () => {
    const port = await serve(() => undefined, "127.0.0.2");
    const fetch = createEndpointFetch({ isAllowed: isTest });
    const failure = await fetch(`http://127.0.0.2:${port}/`, { signal: AbortSignal.timeout(50) }).catch((error: unknown) => error);
    expect(failure).to.have.property("name", "AbortError");
  });

  it("when it does not run in Node, it should send to public hosts, and follow no redirect", async () => {
    const asked: unknown[] = [];
    const fetch = createEndpointFetch({
      modules: null,
      fetch: async (url, init) => {
        asked.push([url, init?.redirect]);
        return new Response("{}");
      },
    });
    await fetch("https://keeper.example.com/a", {});
    expect(asked).to.deep.equal([["https://keeper.example.com/a", "error"]]);
  });
});
