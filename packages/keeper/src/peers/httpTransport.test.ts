import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createEndpointFetch } from "@keyquorum/chain";
import type { HttpServer } from "@keyquorum/http";
import { KeyquorumError, REPAIR_MESSAGES, type RepairAsk, type RepairContributionAsk } from "@keyquorum/wire";
import { expect } from "chai";
import { repairAnswerers } from "../repairing/helpRepair.ts";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createKeeperServer } from "../run/keeperServer.ts";
import { httpTransport } from "./httpTransport.ts";
import { peerRoutes } from "./peerRoutes.ts";

const bytes = (length: number, byte = 7): Uint8Array => new Uint8Array(length).fill(byte);
const ASK: RepairAsk = { repairId: `0x${"ab".repeat(32)}` as RepairAsk["repairId"], helpers: [1, 3], signature: bytes(65) };
const DEALINGS = [1, 3].map((slot) => ({ slot, dealing: bytes(320, slot), signature: bytes(65) }));

describe("POST /v1/repairs/..", () => {
  let server: HttpServer;
  let url: string;
  let asked: (RepairAsk | RepairContributionAsk)[];
  let refusal: KeyquorumError | undefined;
  const strangers: Server[] = [];

  beforeEach(async () => {
    [asked, refusal] = [[], undefined];
    const answered = <Answer>(ask: RepairAsk, answer: Answer): Promise<Answer> => {
      asked.push(ask);
      return refusal === undefined ? Promise.resolve(answer) : Promise.reject(refusal);
    };
    server = await createKeeperServer({
      http: { host: "127.0.0.1", port: 0, bodyLimitBytes: 40_960, requestTimeoutMilliseconds: 5_000, maxConnections: 100 },
      routes: [
        peerRoutes({
          answerers: repairAnswerers({
            deal: (ask) => answered(ask, { slot: 1, dealing: bytes(320), signature: bytes(65) }),
            contribute: (ask) => answered(ask, { slot: 1, contribution: bytes(96), signature: bytes(65) }),
          }),
          assertServing: () => undefined,
        }),
      ],
      log: silentLogger,
      metrics: createMetrics({ version: "0", processMetrics: false }),
    });
    url = await server.listen();
  });
  afterEach(async () => {
    await server.close();
    for (const stranger of strangers.splice(0)) {
      stranger.closeAllConnections();
      await new Promise((resolve) => stranger.close(resolve));
    }
  });

  /** As a keeper's, but that this machine counts as public. */
  const guarded = createEndpointFetch({ isAllowed: (address) => address === "127.0.0.1" });
  const peer = (endpoint = url, timeoutMilliseconds = 2_000) => {
    const transport = httpTransport({ fetch: guarded, signal: new AbortController().signal, timeoutMilliseconds });
    return {
      deal: (ask: RepairAsk) => transport.ask(REPAIR_MESSAGES.dealing, endpoint, ask),
      contribute: (ask: RepairContributionAsk) => transport.ask(REPAIR_MESSAGES.contribution, endpoint, ask),
    };
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((reason: unknown) => reason);
    if (!(error instanceof KeyquorumError)) throw new Error("expected a KeyquorumError", { cause: error });
    return error.code;
  };
  /** Something else that listens where a keeper should. */
  const stranger = async (answer: Parameters<typeof createServer>[1]): Promise<string> => {
    const other = createServer(answer as never).listen(0, "127.0.0.1");
    strangers.push(other);
    await new Promise((resolve) => other.once("listening", resolve));
    return `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  };

  it("carries questions and answers unchanged, also larger ones than readers may send", async () => {
    const dealings = [1, 3].map((slot) => ({ slot, dealing: bytes(3_136, slot), signature: bytes(65) }));
    const large: RepairContributionAsk = {
      ...ASK,
      helpers: Array.from({ length: 12 }, (_, index) => index + 1),
      dealings: Array.from({ length: 12 }, (_, index) => ({ slot: index + 1, dealing: bytes(3_136, index), signature: bytes(65) })),
    };
    expect((await peer().deal(ASK)).dealing).to.deep.equal(bytes(320));
    expect((await peer().contribute({ ...ASK, dealings })).contribution).to.deep.equal(bytes(96));
    expect((await peer(`${url}/`).contribute(large)).slot).to.equal(1);
    expect(asked).to.deep.equal([ASK, { ...ASK, dealings }, large]);
  });

  it("says why a helper refuses, by code and slot", async () => {
    refusal = new KeyquorumError("REPAIR_BAD_DEALING", undefined, { details: { slot: 3 } });
    const error = (await peer()
      .contribute({ ...ASK, dealings: DEALINGS })
      .catch((reason: unknown) => reason)) as KeyquorumError;
    expect([error.code, error.details.slot]).to.deep.equal(["REPAIR_BAD_DEALING", 3]);
  });

  it("refuses a body that is too large, or has another form", async () => {
    const post = async (path: string, body: unknown): Promise<readonly [number, string]> => {
      const response = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    expect(await post("/v1/repairs/contributions", { filling: "a".repeat(300_000) })).to.deep.equal([413, "BODY_TOO_LARGE"]);
    expect(await post("/v1/repairs/dealings", { repairId: "0x" })).to.deep.equal([400, "INVALID_REQUEST"]);
    expect(asked).to.deep.equal([]);
  });

  for (const endpoint of [
    "",
    "file:///etc/passwd",
    "http://169.254.169.254/",
    "http://[::ffff:10.0.0.1]:8545",
    "http://localhost.:8545",
    "URL/?x=",
  ])
    it(`does not ask a helper whose endpoint is "${endpoint}"`, async () => {
      expect(await codeOf(peer(endpoint.replace("URL", url)).deal(ASK))).to.equal("ENDPOINT_REFUSED");
      expect(asked).to.deep.equal([]);
    });

  it("a helper that is not there, or is silent, is unavailable", async () => {
    const gone = await stranger(() => undefined);
    await new Promise((resolve) => strangers.pop()?.close(resolve));
    expect(await codeOf(peer(gone).deal(ASK))).to.equal("UNAVAILABLE");
    const silent = await stranger(() => undefined);
    expect(await codeOf(peer(silent, 100).deal(ASK))).to.equal("UNAVAILABLE");
  });

  it("does not go where a helper sends it", async () => {
    const elsewhere = await stranger((_request, response) => {
      response.writeHead(307, { location: `${url}/v1/repairs/dealings` }).end();
    });
    expect(await codeOf(peer(elsewhere).deal(ASK))).to.equal("UNAVAILABLE");
    expect(asked).to.deep.equal([]);
  });

  it("takes no answer that is too long, no JSON, or of another form", async () => {
    const bodies = ["a".repeat(100_000), "{", "[]", JSON.stringify({ slot: 1 })];
    for (const body of bodies) {
      const other = await stranger((_request, response) => {
        response.writeHead(200, { "content-type": "application/json" }).end(body);
      });
      expect(await codeOf(peer(other).deal(ASK)), body.slice(0, 20)).to.equal("BAD_ANSWER");
    }
  });
});
