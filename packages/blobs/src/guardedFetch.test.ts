import { type AddressInfo, createServer, type LookupFunction } from "node:net";
import { expect } from "chai";
import { createMemoryBlobStore } from "./memoryBlobStore.ts";
import { createGatewayBlobStore, createGuardedFetch } from "./node.ts";
import { codeOf, inPieces, readAll } from "./testBytes.ts";
import { closingAfterEach, serve } from "./testServer.ts";

/** A resolver that answers with these, one after the other. */
const resolving = (...answers: readonly (readonly string[])[]): LookupFunction => {
  let asked = 0;
  return (_, options, callback) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
    if (options.all === true)
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    else callback(null, addresses[0] ?? "", 4);
  };
};

const get = { method: "GET", headers: { accept: "x" }, redirect: "manual" } as const;

describe("The guarded fetch", () => {
  const closing = closingAfterEach();
  const isTest = (address: string): boolean => address === "127.0.0.2";
  const fetchOne = (fetch: ReturnType<typeof createGuardedFetch>, url: string) =>
    codeOf(async () => (await fetch(url, { ...get, signal: AbortSignal.timeout(60_000) })).text());

  it("when a name resolves to an allowed address, it should connect there and give the answer", async () => {
    const { port } = await closing(serve((request, response) => response.end(request.headers.host), "127.0.0.2"));
    const fetch = createGuardedFetch({ lookup: resolving(["127.0.0.2"]), isAllowed: isTest });
    const answer = await fetch(`http://public.example.com:${port}/x`, { ...get, signal: AbortSignal.timeout(60_000) });
    expect(answer.status).to.equal(200);
    expect(await answer.text()).to.equal(`public.example.com:${port}`);
  });

  it("when a name resolves to a private address, also beside a public one, it should not connect", async () => {
    let connections = 0;
    const { port } = await closing(serve(() => connections++));
    for (const answer of [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], []]) {
      const code = await fetchOne(createGuardedFetch({ lookup: resolving(answer) }), `http://rebind.example.com:${port}/`);
      expect(code, answer.join()).to.equal("PRIVATE_ADDRESS");
    }
    expect(connections).to.equal(0);
  });

  it("when a name is public first and private at the next connection (DNS rebinding), it should not connect again", async () => {
    const { port } = await closing(serve((_, response) => response.writeHead(200, { connection: "close" }).end(), "127.0.0.2"));
    const fetch = createGuardedFetch({ lookup: resolving(["127.0.0.2"], ["127.0.0.1"]), isAllowed: isTest });
    expect(await fetchOne(fetch, `http://rebind.example.com:${port}/`)).to.equal("no error");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await fetchOne(fetch, `http://rebind.example.com:${port}/`)).to.equal("PRIVATE_ADDRESS");
  });

  it("when the host is a private address itself, it should not connect", async () => {
    const { port } = await closing(serve((_, response) => response.end()));
    for (const host of ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1"]) {
      expect(await fetchOne(createGuardedFetch(), `http://${host}:${port}/`)).to.equal("PRIVATE_ADDRESS");
    }
  });

  it("when the system's resolver finds the loopback, it should not connect", async () => {
    expect(await fetchOne(createGuardedFetch(), "http://localhost:1/")).to.equal("PRIVATE_ADDRESS");
  });

  it("when a server answers with a status that is none, it should refuse the answer and not end the process", async () => {
    for (const status of ["000", "600", "999"]) {
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => socket.end(`HTTP/1.1 ${status} X\r\ncontent-length: 2\r\n\r\nhi`));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
      await closing(Promise.resolve({ close: () => new Promise((resolve) => server.close(resolve)) }));
      const { port } = server.address() as AddressInfo; // of a TCP server
      expect(await fetchOne(createGuardedFetch({ isAllowed: isTest }), `http://127.0.0.2:${port}/`), status).to.equal("INVALID_STATUS");
    }
  });

  it("when the gateway store of Node is given a name of a private address, it should say so and send nothing", async () => {
    const cid = await createMemoryBlobStore().add(inPieces(Uint8Array.of(1)));
    const fetch = createGuardedFetch({ lookup: resolving(["10.0.0.1"]) });
    const reader = createGatewayBlobStore({ urls: ["https://gateway.example.com"], fetch });
    const failure = await readAll(reader.get(cid)).catch((error: unknown) => error);
    expect(String(failure)).to.contain("PRIVATE_ADDRESS");
  });
});
