import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpServer } from "@keyquorum/http";
import {
  KeyquorumError,
  parseAddress,
  parseRepairId,
  REPAIR_MESSAGES,
  type RepairAsk,
  type RepairContributionAsk,
  repairAskDigest,
  repairContributionAskDigest,
  repairContributionDigest,
  repairDealingDigest,
} from "@keyquorum/wire";
import { expect } from "chai";
import { httpTransport } from "../peers/httpTransport.ts";
import { peerRoutes } from "../peers/peerRoutes.ts";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { createKeeperServer } from "../run/keeperServer.ts";
import { repairAnswerers } from "./helpRepair.ts";

const bytes = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const repairId = parseRepairId(`0x${"ab".repeat(32)}`);
const ASK: RepairAsk = { repairId, helpers: [1, 3], signature: bytes(65, 7) };
const CONTRIBUTION_ASK: RepairContributionAsk = {
  ...ASK,
  dealings: [1, 3].map((slot) => ({ slot, dealing: bytes(3, slot), signature: bytes(65, 8) })),
};
const DEALING = { slot: 1, dealing: bytes(4, 5), signature: bytes(65, 9) };
const CONTRIBUTION = { slot: 1, contribution: bytes(96, 6), signature: bytes(65, 10) };

/** The bodies as they stood in 0.1.0 before `peers/`. */
const BODY = {
  ask: `{"repairId":"0x${"ab".repeat(32)}","helpers":[1,3],"signature":"0x${"07".repeat(65)}"}`,
  dealing: `{"slot":1,"dealing":"0x05050505","signature":"0x${"09".repeat(65)}"}`,
  contributionAsk:
    `{"repairId":"0x${"ab".repeat(32)}","helpers":[1,3],"signature":"0x${"07".repeat(65)}","dealings":[` +
    `{"slot":1,"dealing":"0x010101","signature":"0x${"08".repeat(65)}"},{"slot":3,"dealing":"0x030303","signature":"0x${"08".repeat(65)}"}]}`,
  contribution: `{"slot":1,"contribution":"0x${"06".repeat(96)}","signature":"0x${"0a".repeat(65)}"}`,
};

/** Of an answer, but for the time. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'none';img-src 'self' data:;object-src 'none';" +
    "script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "cross-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "SAMEORIGIN",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
  vary: "Origin",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "retry-after",
  "x-ratelimit-limit": "600",
  "x-ratelimit-remaining": "599",
  "content-type": "application/json; charset=utf-8",
  "content-length": "180",
  connection: "close",
};
/** Of a question, but for host and length. */
const ASK_HEADERS = {
  connection: "keep-alive",
  "content-type": "application/json",
  accept: "*/*",
  "accept-language": "*",
  "sec-fetch-mode": "cors",
  "user-agent": "node",
  "accept-encoding": "gzip, deflate",
};

describe("The bytes of a repair between keepers", () => {
  let server: HttpServer;
  let url: string;
  let refusal: unknown;
  let recorder: Server | undefined;

  beforeEach(async () => {
    refusal = undefined;
    const answered = <Answer>(answer: Answer): Promise<Answer> =>
      refusal === undefined ? Promise.resolve(answer) : Promise.reject(refusal as Error);
    server = await createKeeperServer({
      http: { host: "127.0.0.1", port: 0, bodyLimitBytes: 40_960, requestTimeoutMilliseconds: 5_000, maxConnections: 100 },
      routes: [
        peerRoutes({
          answerers: repairAnswerers({ deal: () => answered(DEALING), contribute: () => answered(CONTRIBUTION) }),
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
    recorder?.closeAllConnections();
    recorder?.close();
    recorder = undefined;
  });

  const post = (
    path: string,
    body: string,
  ): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { method: "POST", agent: false, headers: { "content-type": "application/json" } }, (answer) => {
        let text = "";
        answer.on("data", (data: Buffer) => {
          text += data.toString();
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  const withoutTime = ({ date: _, "x-ratelimit-reset": __, ...headers }: IncomingHttpHeaders) => headers;
  /** Status, code and details; the sentence is for people. */
  const refused = async (path: string, body: string): Promise<readonly unknown[]> => {
    const answer = await post(path, body);
    const { code, message, retryable, details, ...others } = JSON.parse(answer.body);
    expect(answer.headers["content-type"]).to.equal("application/json; charset=utf-8");
    expect(answer.body).to.equal(JSON.stringify({ code, message, retryable, details }));
    expect([typeof message, typeof retryable, others]).to.deep.equal(["string", "boolean", {}]);
    expect(message).not.to.include("canary");
    return [answer.status, code, details];
  };
  const transport = httpTransport({ fetch: (to, init) => fetch(to, { ...init, redirect: "error" }), signal: new AbortController().signal });

  it("answers with the same bytes and headers", async () => {
    const dealt = await post("/v1/repairs/dealings", BODY.ask);
    expect([dealt.status, dealt.body, withoutTime(dealt.headers)]).to.deep.equal([200, BODY.dealing, HEADERS]);
    const contributed = await post("/v1/repairs/contributions", BODY.contributionAsk);
    expect([contributed.status, contributed.body]).to.deep.equal([200, BODY.contribution]);
  });

  for (const [status, code, details, thrown] of [
    [409, "REPAIR_NOT_FINAL", {}, new KeyquorumError("REPAIR_NOT_FINAL")],
    [409, "REPAIR_REFUSED", { reason: "X" }, new KeyquorumError("REPAIR_REFUSED", "No.", { details: { reason: "X" } })],
    [401, "INVALID_SIGNATURE", {}, new KeyquorumError("INVALID_SIGNATURE")],
    [
      409,
      "SHARE_MISSING",
      { keyId: "0x01", epoch: 1 },
      new KeyquorumError("SHARE_MISSING", undefined, { details: { keyId: "0x01", epoch: 1 } }),
    ],
    [422, "REPAIR_BAD_DEALING", { slot: 3 }, new KeyquorumError("REPAIR_BAD_DEALING", "No.", { details: { slot: 3 } })],
    [429, "RATE_LIMITED", {}, new KeyquorumError("RATE_LIMITED")],
    [503, "UNAVAILABLE", {}, new KeyquorumError("UNAVAILABLE")],
    [500, "INTERNAL", {}, new TypeError("canary")],
  ] as const)
    it(`refuses by ${code} with the same bytes`, async () => {
      refusal = thrown;
      for (const [path, body] of [
        ["/v1/repairs/dealings", BODY.ask],
        ["/v1/repairs/contributions", BODY.contributionAsk],
      ] as const)
        expect(await refused(path, body)).to.deep.equal([status, code, details]);
    });

  for (const [what, path, body, status, code, details] of [
    ["no question", "/v1/repairs/dealings", "{}", 400, "INVALID_REQUEST", { field: "repairId" }],
    ["helpers out of order", "/v1/repairs/dealings", BODY.ask.replace("[1,3]", "[3,1]"), 400, "INVALID_REQUEST", { field: "helpers" }],
    [
      "dealings of others",
      "/v1/repairs/contributions",
      BODY.contributionAsk.replace('"slot":3', '"slot":4'),
      400,
      "INVALID_REQUEST",
      { field: "dealings" },
    ],
    ["no JSON", "/v1/repairs/contributions", "{", 400, "INVALID_REQUEST", { field: "body" }],
    ["a body of the largest size", "/v1/repairs/dealings", "a".repeat(262_144), 400, "INVALID_REQUEST", { field: "body" }],
    ["a larger body", "/v1/repairs/dealings", "a".repeat(262_145), 413, "BODY_TOO_LARGE", {}],
    ["a larger body", "/v1/repairs/contributions", "a".repeat(262_145), 413, "BODY_TOO_LARGE", {}],
  ] as const)
    it(`refuses ${what} with the same bytes: ${path}`, async () => {
      expect(await refused(path, body)).to.deep.equal([status, code, details]);
    });

  it("asks with the same bytes and headers, below the endpoint's path", async () => {
    const seen: unknown[] = [];
    recorder = createServer((incoming, response) => {
      let text = "";
      incoming.on("data", (data: Buffer) => {
        text += data.toString();
      });
      incoming.on("end", () => {
        const { host: _, ...headers } = incoming.headers;
        seen.push({ method: incoming.method, path: incoming.url, headers, body: text });
        const body = incoming.url?.endsWith("dealings") === true ? BODY.dealing : BODY.contribution;
        response.writeHead(200, { "content-type": "application/json" }).end(body);
      });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => recorder?.once("listening", resolve));
    const endpoint = `http://127.0.0.1:${(recorder.address() as AddressInfo).port}/keeper/`; // of a TCP server
    expect(await transport.ask(REPAIR_MESSAGES.dealing, endpoint, ASK)).to.deep.equal(DEALING);
    expect(await transport.ask(REPAIR_MESSAGES.contribution, endpoint, CONTRIBUTION_ASK)).to.deep.equal(CONTRIBUTION);
    expect(seen).to.deep.equal([
      { method: "POST", path: "/keeper/v1/repairs/dealings", headers: { ...ASK_HEADERS, "content-length": "244" }, body: BODY.ask },
      {
        ...{ method: "POST", path: "/keeper/v1/repairs/contributions" },
        ...{ headers: { ...ASK_HEADERS, "content-length": "615" }, body: BODY.contributionAsk },
      },
    ]);
  });

  it("signs the same digests", () => {
    const domain = { chainId: 31337n, shareRepairs: parseAddress(`0x${"22".repeat(20)}`) };
    const sender = { repairId, helpers: [1, 3, 255], slot: 3 };
    const [one, two] = [bytes(3, 1), bytes(3, 2)];
    expect([
      repairAskDigest(domain, sender),
      repairDealingDigest(domain, sender, one),
      repairContributionAskDigest(domain, sender, [one, two]),
      repairContributionDigest(domain, sender, { dealings: [one, two], contribution: bytes(96, 6) }),
    ]).to.deep.equal([
      "0x325f459b25ff72e9e6b19f9b08e7f065d56012a5e45b0e05f83457f2afd71850",
      "0xfae62996413282bd5d9c9f829ac50ea28c52914e9b1f3047c1f1654d1b4f77a9",
      "0xb46b4e196fbd82dc2188750586af8a682a4a3dff7940c586484012e5bba60002",
      "0x61d02999bbc01f18c8926c7ee92ccb27c01c7e0b7c992ed9cf012823bf2396ef",
    ]);
  });
});
