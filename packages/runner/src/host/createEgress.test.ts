import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type LookupFunction, type Socket } from "node:net";
import { expect } from "chai";
import { HTTP_ERRORS } from "../child/blocklessHttp.ts";
import { checkModule, createRunner } from "../run/createRunner.ts";
import { command, data, exitWith, wat } from "../testing/wat.ts";
import { createEgress, type EgressOptions } from "./createEgress.ts";
import type { EgressAnswer } from "./egress.ts";
import { isPermitted, parsePrefix } from "./prefixes.ts";

const text = (answer: EgressAnswer): string => ("body" in answer ? Buffer.from(answer.body).toString() : `number ${answer.number}`);
const never = new AbortController().signal;

describe("A prefix of permissions", () => {
  for (const [prefix, url, isInside] of [
    ["https://api.example", "https://api.example/", true],
    ["https://api.example", "https://api.example/v1/x?y#z", true],
    ["https://api.example", "https://api.example:443/", true],
    ["https://API.example/", "https://api.EXAMPLE/x", true],
    ["https://api.example", "https://api.example.evil/", false],
    ["https://api.example", "https://api.example@evil/", false],
    ["https://api.example", "http://api.example/", false],
    ["https://api.example", "https://api.example:8443/", false],
    ["https://api.example", "https://api.example./", false],
    ["https://api.example", "https://sub.api.example/", false],
    ["https://api.example/v1", "https://api.example/v1", true],
    ["https://api.example/v1/", "https://api.example/v1/keys", true],
    ["https://api.example/v1", "https://api.example/v10", false],
    ["https://api.example/v1", "https://api.example/v1/../admin", false],
    ["https://api.example/v1", "https://api.example/v1/%2e%2e/admin", false],
    ["https://api.example/v1", "https://api.example/v1/..%2fadmin", false],
    ["https://api.example/v1", "https://api.example/v1\\..\\admin", false],
    ["https://api.example/v1", "https://api.example//v1/x", true],
    ["https://api.example/v1", "https://api.example/v1/..;/admin", false],
    ["https://api.example/v1", "https://api.example/v1/%2e%2e;a=b/admin", false],
    ["https://api.example/v1", "https://api.example/v1/%252e%252e/admin", false],
    ["https://api.example/v1", "https://api.example/v1/..%252fadmin", false],
    ["https://api.example/v1", "https://api.example/v1/..%c0%afadmin", false],
    ["https://api.example/v1", "https://api.example/v1/a..;b/100%25", true],
    ["https://api.example", "https://api.example/a%2fb", true],
  ] as const)
    it(`${prefix} should ${isInside ? "" : "not "}open ${url}`, () => {
      expect(isPermitted(new URL(url), [parsePrefix(prefix)])).to.equal(isInside);
    });

  it("when it is no plain URL, it should be refused", () => {
    for (const bad of ["api.example", "ftp://x", "https://u:p@x", "https://x/?a", "https://x/#a", "https://x/a%2fb", ""])
      expect(() => parsePrefix(bad), bad)
        .to.throw()
        .with.property("code", "INVALID_VALUE");
  });
});

describe("A module's way to the network", () => {
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0)) close();
  });
  const serve = async (answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> => {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server
  };
  const ask = (url: string, options: object | string, egress: Partial<EgressOptions> & { readonly permissions: readonly string[] }) =>
    createEgress(egress).request({ url, options: typeof options === "string" ? options : JSON.stringify(options) }, never);

  it("when the host and port are named, it should send method, headers and body, and give status, headers and body", async () => {
    const host = await serve(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      response
        .writeHead(201, { "X-Twice": ["a", "b"] })
        .end(`${request.method} ${request.headers["x-key"]} ${request.headers["content-length"]} ${body}`);
    });
    const answer = await ask(
      `http://${host}/v1/x`,
      { method: "post", headers: JSON.stringify({ "X-Key": "k", "Content-Length": "999" }), body: "hö" },
      { permissions: [`http://${host}/v1`], privateHosts: [host] },
    );
    expect(answer).to.include({ number: 0, status: 201 });
    expect(text(answer)).to.equal("POST k 3 hö");
    expect("headers" in answer && answer.headers.find(([name]) => name === "x-twice")).to.deep.equal(["x-twice", "a, b"]);
  });

  it("when a private address is permitted and not named by the operator, it should not connect, whatever the name resolves to", async () => {
    let connections = 0;
    const host = await serve((_, response) => {
      connections += 1;
      response.end();
    });
    const port = host.split(":")[1];
    const resolving =
      (address: string): LookupFunction =>
      (_, options, callback) =>
        options.all === true ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);
    for (const [url, address] of [
      [`http://${host}/`, "127.0.0.1"],
      [`http://localhost:${port}/`, "127.0.0.1"],
      [`http://rebind.example.com:${port}/`, "127.0.0.1"],
      ["http://metadata.example.com/latest/meta-data/", "169.254.169.254"],
      ["http://169.254.169.254/latest/meta-data/", "1.1.1.1"],
      [`http://[::1]:${port}/`, "1.1.1.1"],
    ] as const) {
      const answer = await ask(url, {}, { permissions: [new URL(url).origin], lookup: resolving(address), privateHosts: ["other:1"] });
      expect(answer, url).to.deep.equal({ number: HTTP_ERRORS.destination });
    }
    expect(connections).to.equal(0);
  });

  it("when a name resolves twice differently, the second should be refused", async () => {
    let asked = 0;
    const host = await serve((_, response) => response.writeHead(302, { location: "/again" }).end());
    const lookup: LookupFunction = (_, options, callback) => {
      const address = asked++ === 0 ? "192.0.2.1" : "127.0.0.1"; // neither is public: the first is a test network
      options.all === true ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);
    };
    const url = `http://rebind.example.com:${host.split(":")[1]}`;
    for (const _ of [1, 2]) expect(await ask(url, {}, { permissions: [url], lookup })).to.deep.equal({ number: HTTP_ERRORS.destination });
  });

  it("when it is redirected inside the permissions it should follow, and out of them it should not send anything", async () => {
    let reached = 0;
    const other = await serve((_, response) => {
      reached += 1;
      response.end();
    });
    const host = await serve((request, response) => {
      if (request.url === "/in") response.writeHead(303, { location: "/there" }).end();
      else if (request.url === "/out") response.writeHead(302, { location: `http://${other}/` }).end();
      else if (request.url === "/round") response.writeHead(302, { location: "/round" }).end();
      else response.end(`${request.method} ${request.headers.authorization ?? "none"}`);
    });
    const egress = { permissions: [`http://${host}`], privateHosts: [host, other] };
    const options = { method: "POST", body: "x", headers: { authorization: "k" } };
    expect(text(await ask(`http://${host}/in`, options, egress))).to.equal("GET k");
    expect(await ask(`http://${host}/out`, options, egress)).to.deep.equal({ number: HTTP_ERRORS.destination });
    expect(await ask(`http://${host}/round`, options, egress)).to.deep.equal({ number: HTTP_ERRORS.request });
    expect(reached).to.equal(0);
  });

  it("when it is redirected to another origin of the permissions, that one should get no credentials of the first", async () => {
    const other = await serve((request, response) =>
      response.end(["authorization", "cookie", "x-api-key", "accept"].map((name) => request.headers[name] ?? "none").join(" ")),
    );
    const host = await serve((_, response) => response.writeHead(307, { location: `http://${other}/` }).end());
    const answer = await ask(
      `http://${host}/`,
      { headers: { authorization: "k", cookie: "c", "x-api-key": "o", accept: "text/plain" } },
      { permissions: [`http://${host}`, `http://${other}`], privateHosts: [host, other] },
    );
    expect(text(answer)).to.equal("none none none text/plain");
  });

  it("when a redirect would carry a body to another origin of the permissions, it should not be followed; on the same origin it should", async () => {
    let reached = 0;
    const other = await serve((_, response) => {
      reached += 1;
      response.end("other");
    });
    const host = await serve((request, response) => {
      if (request.url === "/there") return response.end("same");
      return response.writeHead(307, { location: request.url === "/away" ? `http://${other}/` : "/there" }).end();
    });
    const egress = { permissions: [`http://${host}`, `http://${other}`], privateHosts: [host, other] };
    const post = { method: "POST", body: "a secret" };
    expect(await ask(`http://${host}/away`, post, egress)).to.deep.equal({ number: HTTP_ERRORS.destination });
    expect([text(await ask(`http://${host}/here`, post, egress)), reached]).to.deep.equal(["same", 0]);
  });

  it("when bodies or headers are without end, requests too many, or an answer does not come, it should give up", async () => {
    const host = await serve((request, response) => {
      if (request.url === "/body") {
        const more = (): void => {
          while (response.write("x".repeat(10_000)));
          response.once("drain", more);
        };
        return more();
      }
      if (request.url === "/headers") return response.writeHead(200, { "x-long": "y".repeat(40_000) }).end();
      if (request.url === "/silence") return undefined;
      return response.end("ok");
    });
    const egress = { permissions: [`http://${host}`], privateHosts: [host] };
    expect(await ask(`http://${host}/body`, {}, { ...egress, caps: { responseBytes: 50_000 } })).to.deep.equal({
      number: HTTP_ERRORS.request,
    });
    expect(await ask(`http://${host}/headers`, {}, egress)).to.deep.equal({ number: HTTP_ERRORS.request });
    expect(await ask(`http://${host}/silence`, {}, { ...egress, caps: { timeMs: 50 } })).to.deep.equal({ number: HTTP_ERRORS.request });
    const just = { ...egress, caps: { responseBytes: 1 } }; // "ok" has two bytes, and would be there at once
    expect(await ask(`http://${host}/`, {}, just)).to.deep.equal({ number: HTTP_ERRORS.request });
    const few = createEgress({ ...egress, caps: { requests: 2 } });
    const numbers = [];
    for (const _ of [1, 2, 3]) numbers.push((await few.request({ url: `http://${host}/`, options: "" }, never)).number);
    expect(numbers).to.deep.equal([0, 0, HTTP_ERRORS.tooManySessions]);
    few.close();
    expect((await few.request({ url: `http://${host}/`, options: "" }, never)).number).to.equal(HTTP_ERRORS.destination);
  });

  for (const [what, url, options, number] of [
    ["a scheme that is not HTTP's", "file:///etc/passwd", {}, HTTP_ERRORS.url],
    ["a user name in the URL", "http://u@x.example/", {}, HTTP_ERRORS.url],
    ["no URL", "x", {}, HTTP_ERRORS.url],
    ["a method that there is not", "http://x.example/", { method: "CONNECT" }, HTTP_ERRORS.method],
    ["options that are no JSON", "http://x.example/", "{", HTTP_ERRORS.encoding],
    ["a header of the host's", "http://x.example/", { headers: { Host: "y" } }, HTTP_ERRORS.headers],
    ["a header with a line break", "http://x.example/", { headers: { a: "b\r\nc: d" } }, HTTP_ERRORS.headers],
    ["a method that no text can be made of", "http://x.example/", '{"method":{"toString":1}}', HTTP_ERRORS.method],
    ["a time that no number can be made of", "http://y.example/", '{"readTimeout":{"toString":1,"valueOf":1}}', HTTP_ERRORS.destination],
    ["headers inside headers", "http://x.example/", `{"headers":${"[".repeat(900_000)}${"]".repeat(900_000)}}`, HTTP_ERRORS.encoding],
    ["a million lists", "http://x.example/", `{"x":[${"[],".repeat(600_000)}0]}`, HTTP_ERRORS.encoding],
    ["headers that are a list", "http://x.example/", { headers: "[1]" }, HTTP_ERRORS.headers],
    ["a place that is not permitted", "http://y.example/", {}, HTTP_ERRORS.destination],
    ["a body of more than may be sent", "http://x.example/", { method: "POST", body: "x".repeat(2_000_000) }, HTTP_ERRORS.request],
  ] as const)
    it(`when the request has ${what}, it should be error ${number}`, async () => {
      expect(await ask(url, options, { permissions: ["http://x.example"] })).to.deep.equal({ number });
    });

  it("when a server changes the protocol, or keeps the connection after the answer to HEAD, it should give up, and leave no connection", async () => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket.on("error", () => undefined).on("close", () => sockets.delete(socket)));
      socket.once("data", (bytes) => {
        const isHead = bytes.toString().startsWith("HEAD");
        socket.write(
          isHead ? "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n" : "HTTP/1.1 101 x\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(() => server.close());
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server
    const egress = { permissions: [`http://${host}`], privateHosts: [host] };
    expect(await ask(`http://${host}/`, {}, egress)).to.deep.equal({ number: HTTP_ERRORS.request });
    expect(await ask(`http://${host}/`, { method: "HEAD" }, egress)).to.include({ number: 0, status: 200 });
    while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5)); // the test's own limit ends a wait that is for ever
  });

  it("when requests are refused, they should count, too", async () => {
    const egress = createEgress({ permissions: ["http://x.example"], caps: { requests: 2 } });
    const numbers = [];
    for (const _ of [1, 2, 3]) numbers.push((await egress.request({ url: "http://y.example/", options: "{" }, never)).number);
    expect(numbers).to.deep.equal([HTTP_ERRORS.encoding, HTTP_ERRORS.encoding, HTTP_ERRORS.tooManySessions]);
  });

  it("when a time has a part of a millisecond, it should be rounded up", async () => {
    const host = await serve((_, response) => response.end("ok"));
    expect(text(await ask(`http://${host}/`, { readTimeout: 4.0001 }, { permissions: [`http://${host}`], privateHosts: [host] }))).to.equal(
      "ok",
    );
  });

  it("when a module asks, it should get status, header and body, and another handle nothing", async () => {
    const host = await serve((_, response) => response.setHeader("x-name", "value").end("body"));
    const url = `http://${host}/`;
    const print = (pointer: number) =>
      `(i32.store (i32.const 16) (i32.const ${pointer})) (i32.store (i32.const 20) (i32.load (i32.const 8))) (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))`;
    const body = `(if (i32.ne (i32.const 1) (call $httpBody (i32.const 9) (i32.const 1024) (i32.const 100) (i32.const 8))) (then unreachable))
      (drop (call $http (i32.const 512) (i32.const ${url.length}) (i32.const 600) (i32.const 2) (i32.const 0) (i32.const 4)))
      (drop (call $httpHeader (i32.load (i32.const 0)) (i32.const 640) (i32.const 6) (i32.const 1024) (i32.const 100) (i32.const 8))) ${print(1024)}
      (drop (call $httpBody (i32.load (i32.const 0)) (i32.const 1024) (i32.const 100) (i32.const 8))) ${print(1024)}
      (drop (call $httpClose (i32.load (i32.const 0)))) (if (i32.ne (i32.const 1) (call $httpClose (i32.load (i32.const 0)))) (then unreachable))
      ${exitWith("(i32.load (i32.const 4))")}`;
    const module = checkModule(await wat(command(body, { more: `${data(512, url)} ${data(600, "{}")} ${data(640, "X-Name")}` })));
    const runner = await createRunner({ spare: 0 });
    const run = await runner.start(module);
    const { exitCode, stdout, used } = await run.give({ egress: createEgress({ permissions: [url], privateHosts: [host] }) });
    await runner.close();
    expect([exitCode, Buffer.from(stdout).toString(), used.hostCalls]).to.deep.equal([200, "valuebody", 1]);
  });
});
