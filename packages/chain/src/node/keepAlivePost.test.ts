import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { createKeepAlivePost } from "./keepAlivePost.ts";

describe("createKeepAlivePost", () => {
  let server: Server;
  let answer: (response: ServerResponse, body: string) => void;
  let sockets: Set<Socket>;
  let requests = 0;

  before(async () => {
    server = createServer((request, response) => {
      sockets.add(request.socket);
      let body = "";
      request.on("data", (data: Buffer) => {
        body += data.toString();
      });
      request.on("end", () => {
        requests += 1;
        answer(response, body);
      });
    });
    server.keepAliveTimeout = 0; // it closes none itself
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    [sockets, requests] = [new Set(), 0];
    answer = (response, body) => response.end(body);
  });

  const createPost = (options: Parameters<typeof createKeepAlivePost>[0] = {}) => {
    const post = createKeepAlivePost(options);
    return (body: string, changes: { readonly isRead?: boolean; readonly maxBytes?: number; readonly signal?: AbortSignal } = {}) =>
      post({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ...{ headers: {}, body, isRead: true, maxBytes: 1_000, signal: new AbortController().signal },
        ...changes,
      });
  };
  const failureOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => "no failure",
      (error: unknown) => (error as { readonly code?: unknown }).code,
    );

  it("sends many requests over one connection", async () => {
    const post = createPost();
    for (const body of ["a", "b", "ü"]) expect((await post(body)).text).to.equal(body);
    expect(sockets.size).to.equal(1);
  });
  it("lets a connection go that nobody used for a while, and none that waits for an answer", async () => {
    const post = createPost({ idleMilliseconds: 20 });
    answer = (response, body) => void setTimeout(() => response.end(body), 60);
    expect((await post("a")).text).to.equal("a");
    for (const socket of sockets) if (!socket.destroyed) await once(socket, "close");
    expect((await post("b")).text).to.equal("b");
    expect(sockets.size).to.equal(2);
  });
  it("sends again, once, what only reads, when the server had closed the connection meanwhile", async () => {
    const post = createPost();
    await post("a");
    answer = (response, body) => (requests === 2 ? response.destroy() : response.end(body));
    expect((await post("b")).text).to.equal("b");
    expect(requests).to.equal(3);
    answer = (response) => response.destroy();
    expect(await failureOf(post("c"))).to.equal("ECONNRESET");
    expect(requests).to.equal(5);
  });
  it("sends nothing else again", async () => {
    const post = createPost();
    await post("a");
    answer = (response) => response.destroy();
    expect(await failureOf(post("b", { isRead: false }))).to.equal("ECONNRESET");
    expect(requests).to.equal(2);
    expect(await failureOf(post("c")), "nor what went out over a new connection").to.equal("ECONNRESET");
    expect(requests).to.equal(3);
  });
  it("reads what is compressed, and counts its bytes as they are when it is not", async () => {
    answer = (response, body) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(body));
    expect((await createPost()("a".repeat(1_000))).text).to.equal("a".repeat(1_000));
    expect((await createPost()("a".repeat(1_001))).text).to.equal(undefined);
    answer = (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50_000_000)));
    expect((await createPost()("a")).text, "a bomb").to.equal(undefined);
  });
  it("fails for half an answer, and for what is not compressed as it says", async () => {
    answer = (response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("half");
      setImmediate(() => response.destroy());
    };
    expect(await failureOf(createPost()("a"))).to.equal("ECONNRESET");
    answer = (response) => response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip");
    expect(await failureOf(createPost()("a"))).to.equal("Z_DATA_ERROR");
  });
  it("ends when its caller gives up, before and while the answer comes", async () => {
    const controller = new AbortController();
    answer = (response) => {
      response.write("half");
      setImmediate(() => controller.abort());
    };
    expect(await failureOf(createPost()("a", { signal: controller.signal }))).to.be.oneOf(["ABORT_ERR", "ECONNRESET"]);
    expect(await failureOf(createPost()("a", { signal: controller.signal }))).to.equal("ABORT_ERR");
  });
});
