import type { IncomingMessage } from "node:http";
import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { createMemoryBlocks } from "./blockStorage.ts";
import { parseCid } from "./cid.ts";
import { createBlobStore } from "./createBlobStore.ts";
import { describeBlobReader } from "./describeBlobReader.ts";
import { createGatewayBlobStore, type GatewayFault } from "./gatewayBlobStore.ts";
import { blockKey, toIpldCid } from "./ipldCid.ts";
import { codeOf, inPieces, readAll, someBytes } from "./testBytes.ts";
import { closingAfterEach, httpAttacks, serve } from "./testServer.ts";
import { MAX_BLOCK_BYTES } from "./walk.ts";

const BYTES = someBytes(600_000);

/** A gateway as its specification has it: raw blocks only, and only when asked for as such. */
const openOrigin = () => {
  const blocks = createMemoryBlocks();
  const asked: string[] = [];
  const answer: Parameters<typeof serve>[0] = (request: IncomingMessage, response) => {
    asked.push(`${request.method} ${request.url}`);
    const cid = request.url?.match(/^\/ipfs\/([a-z0-9]+)\?format=raw$/)?.[1];
    if (cid === undefined || request.headers.accept !== "application/vnd.ipld.raw") return response.writeHead(400).end();
    const block = blocks.blocks.get(blockKey(toIpldCid(parseCid(cid))));
    if (block === undefined) return response.writeHead(404).end("not here");
    response.writeHead(200, { "content-type": "application/vnd.ipld.raw", "content-length": block.length });
    return response.end(request.method === "HEAD" ? undefined : block);
  };
  return { blocks, asked, answer, add: (bytes: Uint8Array) => createBlobStore(blocks).add(inPieces(bytes)) };
};

describe("The gateway store", () => {
  const closing = closingAfterEach();
  const own = { allowPrivateAddresses: true, timeoutMs: 2000, patience: { attempts: 1 } };
  const open = async () => {
    const origin = openOrigin();
    const { url } = await closing(serve(origin.answer));
    return { ...origin, url };
  };

  describeBlobReader("The gateway store", async () => {
    const { url, add } = await open();
    return { reader: createGatewayBlobStore({ urls: [url], ...own }), add };
  });

  it("when a part is wanted, it should ask for the blocks that lead to it, and for no other", async () => {
    const { url, add, asked } = await open();
    const cid = await add(BYTES);
    const part = await readAll(createGatewayBlobStore({ urls: [`${url}/`], ...own }).get(cid, { offset: 300_000, length: 10 }));
    expect(Buffer.compare(part, BYTES.subarray(300_000, 300_010))).to.equal(0);
    expect(asked.length).to.equal(2);
    expect(asked[0]).to.equal(`GET /ipfs/${cid}?format=raw`);
  });

  it("when a blob is larger than the store's limit, it should refuse it", async () => {
    const { url, add } = await open();
    const reader = createGatewayBlobStore({ urls: [url], ...own, maxBytes: 599_999 });
    const cid = await add(BYTES);
    expect(await codeOf(() => readAll(reader.get(cid)))).to.equal("BLOB_CORRUPT");
    expect((await readAll(reader.get(cid, { maxBytes: 600_000 }))).length).to.equal(600_000);
  });

  let leaf: Uint8Array = new Uint8Array(0);
  for (const { what, code, answer } of httpAttacks(() => leaf)) {
    describe(`when a gateway gives ${what}`, () => {
      it("it should refuse the answer, soon and by name", async () => {
        leaf = someBytes(1000);
        const cid = await openOrigin().add(leaf);
        const { url } = await closing(serve(answer));
        const faults: GatewayFault[] = [];
        const reader = createGatewayBlobStore({ urls: [url], ...own, timeoutMs: 300, onFault: (fault) => faults.push(fault) });
        const started = Date.now();
        expect(await codeOf(() => readAll(reader.get(cid)))).to.equal(code);
        expect(Date.now() - started).to.be.lessThan(30_000);
        expect(faults.map((fault) => [fault.gateway, fault.cid])).to.deep.equal([[url, cid]]);
      });

      it("it should ask the next one, and from then on ask that one first", async () => {
        const { url, add } = await open();
        leaf = someBytes(1000);
        const cid = await add(leaf);
        let askedLiar = 0;
        const liar = await closing(
          serve((request, response) => {
            askedLiar++;
            return answer(request, response);
          }),
        );
        const reader = createGatewayBlobStore({ urls: [liar.url, url], ...own }); // the honest one has this time too
        expect(Buffer.compare(await readAll(reader.get(cid)), leaf)).to.equal(0);
        expect(Buffer.compare(await readAll(reader.get(cid)), leaf)).to.equal(0);
        expect(askedLiar).to.equal(1);
      });
    });
  }

  it("when a stream is endless, it should be cut where a block must end, not when time runs out", async () => {
    const [endless] = httpAttacks(() => leaf).filter(({ what }) => what === "an endless stream");
    const { url } = await closing(serve(endless?.answer ?? (() => undefined)));
    const faults: GatewayFault[] = [];
    const reader = createGatewayBlobStore({ urls: [url], ...own, timeoutMs: 60_000, onFault: (fault) => faults.push(fault) });
    const cid = await openOrigin().add(BYTES);
    expect(await codeOf(() => readAll(reader.get(cid)))).to.equal("BLOB_REMOTE_FAILED");
    expect(faults.map(({ reason }) => reason)).to.deep.equal([`more than ${MAX_BLOCK_BYTES} bytes`]);
  });

  it("when a gateway redirects to one that has the block, it should not go there", async () => {
    const { url, add, asked } = await open();
    const cid = await add(someBytes(1000));
    for (const status of [301, 302, 303, 307, 308]) {
      const { url: redirecting } = await closing(
        serve((request, response) => response.writeHead(status, { location: `${url}${request.url}` }).end()),
      );
      const faults: GatewayFault[] = [];
      const reader = createGatewayBlobStore({ urls: [redirecting], ...own, onFault: (fault) => faults.push(fault) });
      expect(await codeOf(() => readAll(reader.get(cid)))).to.equal("BLOB_REMOTE_FAILED");
      expect(faults.map(({ reason }) => reason)).to.deep.equal(["it redirects"]);
    }
    expect(asked).to.deep.equal([]);
  });

  it("when a blob is missing at one gateway and there at another, it should be found", async () => {
    const [one, other] = [await open(), await open()];
    const cid = await other.add(BYTES);
    const reader = createGatewayBlobStore({ urls: [one.url, other.url], ...own });
    expect(await reader.has(cid)).to.equal(true);
    expect(Buffer.compare(await readAll(reader.get(cid)), BYTES)).to.equal(0);
  });

  it("when a gateway cannot be reached and no other is left, it should not call the blob missing", async () => {
    const { url, add } = await open();
    const cid = await add(BYTES);
    const closed = await serve(() => undefined);
    await closed.close();
    const empty = await open();
    const reader = createGatewayBlobStore({ urls: [empty.url, closed.url], ...own });
    expect(await codeOf(() => readAll(reader.get(cid)))).to.equal("BLOB_REMOTE_FAILED");
    expect(await codeOf(() => reader.has(cid))).to.equal("BLOB_REMOTE_FAILED");
    expect((await readAll(createGatewayBlobStore({ urls: [closed.url, url], ...own }).get(cid))).length).to.equal(600_000);
  });

  it("when the caller aborts while a gateway hangs, it should stop at once with the caller's reason", async () => {
    const { url } = await closing(serve(() => undefined));
    const reader = createGatewayBlobStore({ urls: [url, url], ...own, timeoutMs: 60_000 });
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 20);
    const cid = await openOrigin().add(BYTES);
    expect(await codeOf(() => readAll(reader.get(cid, { signal: controller.signal })))).to.equal(reason);
  });

  for (const [what, url] of [
    ["plain http", "http://gateway.example.com"],
    ["the loopback name", "https://localhost"],
    ["a name of the local network", "https://ipfs.home.arpa"],
    ["a name without a domain", "https://gateway"],
    ["a loopback address", "https://127.0.0.1"],
    ["a loopback address in another spelling", "https://0x7f.1"],
    ["a loopback address as a number", "https://2130706433"],
    ["IPv6's loopback", "https://[::1]"],
    ["an IPv4 address in IPv6's clothes", "https://[::ffff:10.0.0.1]"],
    ["a unique local address", "https://[fd00::1]"],
    ["the metadata address", "https://169.254.169.254"],
    ["a name and password", "https://user:secret@gateway.example.com"],
    ["a query", "https://gateway.example.com/?x=1"],
    ["another scheme", "file:///etc/passwd"],
    ["no URL", "gateway"],
  ] as const) {
    it(`when its URL has ${what}, it should be refused`, async () => {
      expect(await codeOf(async () => createGatewayBlobStore({ urls: [url] }))).to.equal("INVALID_VALUE");
    });
  }

  it("when it has no URL, it should be refused; when it has a public one, taken", async () => {
    expect(await codeOf(async () => createGatewayBlobStore({ urls: [] }))).to.equal("INVALID_VALUE");
    expect(await codeOf(async () => createGatewayBlobStore({ urls: ["https://gateway.example.com/prefix", "https://1.1.1.1"] }))).to.equal(
      "no error",
    );
  });
});

describe("The gateway store's patience", () => {
  const closing = closingAfterEach();
  const own = { allowPrivateAddresses: true, timeoutMs: 2000, patience: { pauseMs: 1 } };
  const LARGE = someBytes(46 * 262_144); // 46 leaves and a root
  /** A gateway whose every tenth answer is another one. */
  const flaky = async (fault: Parameters<typeof serve>[0], every = 10) => {
    const origin = openOrigin();
    let count = 0;
    const { url } = await closing(
      serve((request, response) => (++count % every === 0 ? fault(request, response) : origin.answer(request, response))),
    );
    return { ...origin, url };
  };
  const passing: Readonly<Record<string, Parameters<typeof serve>[0]>> = {
    "429": (_, response) => response.writeHead(429).end(),
    "503 with Retry-After": (_, response) => response.writeHead(503, { "retry-after": "0" }).end(),
    "a reset in the middle of a block": (_, response) => {
      response.writeHead(200, { "content-length": 262_144 });
      response.write(new Uint8Array(100_000), () => response.destroy());
    },
    "200 with a cut body": (_, response) => response.writeHead(200).end(new Uint8Array(100_000)),
    "a web page with 200": (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html><p>Slow down"),
    "no answer": () => undefined,
  };
  for (const [what, fault] of Object.entries(passing))
    it(`when one answer in ten is ${what}, it should deliver a blob of 47 blocks`, async () => {
      const { url, add } = await flaky(fault);
      const cid = await add(LARGE);
      expect(Buffer.compare(await readAll(createGatewayBlobStore({ urls: [url], ...own, timeoutMs: 400 }).get(cid)), LARGE)).to.equal(0);
    });

  it("when a gateway asks to wait for a second, it should be left in peace for so long", async () => {
    const origin = openOrigin();
    const times: number[] = [];
    const { url } = await closing(
      serve((request, response) => {
        times.push(Date.now());
        return times.length === 1 ? response.writeHead(429, { "retry-after": "1" }).end() : origin.answer(request, response);
      }),
    );
    const cid = await origin.add(someBytes(1000));
    await readAll(createGatewayBlobStore({ urls: [url], ...own }).get(cid));
    expect((times[1] ?? 0) - (times[0] ?? 0)).to.be.at.least(990);
  });

  it("when a gateway asks to wait for an hour, it should say so at once", async () => {
    const { url } = await closing(serve((_, response) => response.writeHead(503, { "retry-after": "3600" }).end()));
    const cid = await openOrigin().add(someBytes(1000));
    const failure: unknown = await readAll(createGatewayBlobStore({ urls: [url], ...own }).get(cid)).catch((error: unknown) => error);
    if (!(failure instanceof KeyquorumError)) throw new Error("no KeyquorumError");
    expect(failure.code).to.equal("BLOB_REMOTE_FAILED");
    expect(failure.details.gateways).to.deep.equal([`${url}: status 503, it asks to wait 3600 s`]);
  });

  it("when one gateway says 404 and the other fails once, it should ask the other one again, and not the first", async () => {
    const empty = openOrigin();
    const { url: emptyUrl } = await closing(serve(empty.answer));
    let count = 0;
    const origin = openOrigin();
    const { url } = await closing(
      serve((request, response) => (++count === 1 ? response.writeHead(502).end() : origin.answer(request, response))),
    );
    const cid = await origin.add(someBytes(1000));
    expect((await readAll(createGatewayBlobStore({ urls: [emptyUrl, url], ...own }).get(cid))).length).to.equal(1000);
    expect(empty.asked.length).to.equal(1);
  });

  it("when a web page comes forever, it should give advice about the remote store, and ask four times at most", async () => {
    let count = 0;
    const { url } = await closing(
      serve((_, response) => {
        count++;
        return response.writeHead(200).end("<html><body>Log in");
      }),
    );
    const cid = await openOrigin().add(someBytes(1000));
    const failure: unknown = await readAll(createGatewayBlobStore({ urls: [url], ...own }).get(cid)).catch((error: unknown) => error);
    if (!(failure instanceof KeyquorumError)) throw new Error("no KeyquorumError");
    expect(failure.code).to.equal("BLOB_REMOTE_FAILED");
    expect(failure.details.gateways).to.deep.equal([`${url}: a web page came instead of the block`]);
    expect(count).to.equal(4);
  });

  it("when a gateway refuses for good, it should be asked once", async () => {
    for (const status of [400, 401, 403, 451]) {
      let count = 0;
      const { url } = await closing(
        serve((_, response) => {
          count++;
          return response.writeHead(status).end();
        }),
      );
      const cid = await openOrigin().add(someBytes(1000));
      expect(await codeOf(() => readAll(createGatewayBlobStore({ urls: [url], ...own }).get(cid)))).to.equal("BLOB_REMOTE_FAILED");
      expect(count).to.equal(1);
    }
  });
});
