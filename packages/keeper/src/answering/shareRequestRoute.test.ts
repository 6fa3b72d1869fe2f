import { CURVE_ORDER, encodePoint, G, parsePoint, toXY, verifyShareAnswer } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import {
  answerContextOf,
  answerHashOf,
  type DocumentHeader,
  hexToBytes,
  parseAddress,
  parseShareAnswer,
  type ShareRequestBody,
  shareRequestDigest,
  verifyReceipt,
} from "@keyquorum/wire";
import { expect } from "chai";
import { computeAddress, hexlify, recoverAddress } from "ethers";
import type { KeeperExtension } from "../extensions/extension.ts";
import { createMetrics, type Metrics } from "../report/metrics.ts";
import { blockHash, createFakeChain, FAKE_ADDRESSES, type FakeChain } from "../testing/fakeChain.ts";
import {
  bob,
  bodyOf,
  CHAIN_ID,
  createHeader,
  createRequest,
  JOINT_KEY,
  KEY_ID,
  KEY_SHARE,
  mallory,
  signRequest,
  VERIFYING_SHARE,
} from "../testing/reader.ts";
import { createShareRequestServer, EPOCH, outcomeOf, SLOT } from "../testing/shareRequestServer.ts";
import { createTempVault, IDENTITY_SECRET, OPERATOR, type TempVault } from "../testing/tempVault.ts";

const [DENIED, PERMITTED, UNKNOWN_VERSION] = [0, 1, 2];
const START = 1_800_000_020;

describe("POST /v1/share-requests", () => {
  let temp: TempVault;
  let vault: Vault;
  let chain: FakeChain;
  let metrics: Metrics;
  let lines: string[];
  let servers: Awaited<ReturnType<typeof createShareRequestServer>>[];
  /** By block; what ShareRequests.decide answers. */
  let decision: (block: number) => number;
  let header: DocumentHeader;
  /** Milliseconds that passed on the keeper's clock. */
  let time: number;

  beforeEach(async () => {
    time = 0;
    chain = createFakeChain();
    decision = () => PERMITTED;
    chain.answers["shareRequests.decide"] = (_args, block) => [decision(block)];
    chain.answers["keyGeneration.keyOf"] = () => [
      [0, EPOCH, parseAddress(bob.address), toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`],
    ];
    chain.answers["keeperRegistry.committeeOf"] = () => [[]];
    temp = await createTempVault(now);
    vault = temp.vault;
    metrics = createMetrics({ version: "0", processMetrics: false });
    lines = [];
    servers = [];
    header = createHeader();
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    await temp.remove();
  });

  const now = (): number => START * 1000 + time;
  const seconds = (): bigint => BigInt(START);

  const serve = async (
    options: {
      readonly vault?: Pick<Vault, "answers" | "keyShares" | "transaction">;
      readonly extensions?: readonly KeeperExtension[];
      readonly holdsShare?: boolean;
      readonly mirrorLag?: number;
    } = {},
  ): Promise<string> => {
    const http = await createShareRequestServer({
      ...{ chain, metrics, clock: { now, sleep: async () => undefined }, onLine: (line) => lines.push(line) },
      ...options,
      vault: options.vault ?? vault,
      ownVault: vault,
    });
    servers.push(http);
    return http.listen();
  };
  const post = (url: string, body: unknown): Promise<Response> =>
    fetch(`${url}/v1/share-requests`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const outcome = outcomeOf;
  const signed = async (changes: Parameters<typeof createRequest>[2] = {}) =>
    signRequest(header, createRequest(header, seconds() + 60n, changes));

  describe("when this machine's clock is two minutes behind the chain's", () => {
    const withDeadline = async (secondsAhead: bigint) => bodyOf(await signRequest(header, createRequest(header, seconds() + secondsAhead)));
    beforeEach(() => {
      time = -120_000;
    });

    it("answers requests of 540 seconds, and refuses what is too far ahead of the chain's time", async () => {
      const url = await serve();
      expect(await outcome(await post(url, await withDeadline(540n)))).to.deep.equal([200, "ANSWERED"]);
      expect(await outcome(await post(url, await withDeadline(601n)))).to.deep.equal([400, "DEADLINE_TOO_FAR"]);
    });
    it("judges by its own clock whether a request's time is over", async () => {
      expect(await outcome(await post(await serve(), await withDeadline(-60n)))).to.deep.equal([200, "ANSWERED"]);
      expect(await outcome(await post(await serve(), await withDeadline(-121n)))).to.deep.equal([400, "DEADLINE_PASSED"]);
    });
  });

  describe("when the chain was moved a day ahead of all clocks, as development chains are", () => {
    const day = 86_400n;
    const ask = async (secondsAhead: bigint) =>
      outcome(await post(await serve(), bodyOf(await signRequest(header, createRequest(header, seconds() - day + secondsAhead)))));
    beforeEach(() => {
      time = -86_400_000;
    });

    it("answers what readers sign by their own clocks, and judges it by this machine's", async () => {
      expect(await ask(540n)).to.deep.equal([200, "ANSWERED"]);
      expect(await ask(-1n)).to.deep.equal([400, "DEADLINE_PASSED"]);
      expect(await ask(601n)).to.deep.equal([400, "DEADLINE_TOO_FAR"]);
    });
  });

  it("says UNAVAILABLE, not that a share is missing, of a key that it has not mirrored yet", async () => {
    chain.answers["keeperRegistry.committeeOf"] = () => [[[SLOT, OPERATOR, toXY(G), toXY(G)]]];
    const ask = async (mirrorLag: number) => outcome(await post(await serve({ holdsShare: false, mirrorLag }), bodyOf(await signed())));
    expect(await ask(1)).to.deep.equal([503, "UNAVAILABLE"]);
    expect((await ask(0))[1], "a mirror that is complete lost it").to.equal("SHARE_MISSING");
  });

  it("writes one line for each decision, with ids only", async () => {
    const url = await serve();
    const asked = await signed();
    await post(url, bodyOf(asked));
    decision = () => DENIED;
    chain.head += 1;
    await post(url, bodyOf(await signed()));
    const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ outcome: of }) => of !== undefined);
    expect(said.map(({ msg, outcome: of, level }) => [level, msg, of])).to.deep.equal([
      ["info", "A share was released", "ANSWERED"],
      ["info", "A share request was refused", "ACCESS_DENIED"],
    ]);
    expect(Object.keys(said[0] ?? {}).sort()).to.deep.equal(
      ["channel", "document", "epoch", "keyId", "level", "msg", "outcome", "requestId", "slot", "time"].sort(),
    );
  });

  describe("when Bob may read", () => {
    it("answers with a share that verifies, and a receipt that says what was answered", async () => {
      const url = await serve();
      const asked = await signed();
      const response = await post(url, bodyOf(asked));
      expect(response.status).to.equal(200);
      const answer = parseShareAnswer(await response.json());
      const domain = { chainId: CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests };
      const requestId = shareRequestDigest(domain, asked.request);
      const context = answerContextOf({ headerHash: asked.request.headerHash, requestId, keyId: KEY_ID, epoch: EPOCH, slot: SLOT });
      expect(
        verifyShareAnswer(
          { verifyingShare: VERIFYING_SHARE, u: header.ciphertext.u, readerKey: parsePoint(asked.request.readerKey), context },
          answer.answer,
        ),
      ).to.equal(true);
      const { document, headerHash, requester } = asked.request;
      const verdict = verifyReceipt({
        domain,
        signed: answer.receipt,
        identity: parseAddress(computeAddress(hexlify(IDENTITY_SECRET))),
        expected: {
          requestId,
          document,
          headerHash,
          requester,
          keyId: KEY_ID,
          epoch: EPOCH,
          slot: SLOT,
          answerHash: answer.receipt.receipt.answerHash,
        },
        recover: (digest, signature) => parseAddress(recoverAddress(digest, hexlify(signature))),
      });
      expect(verdict).to.deep.equal({ kind: "valid" });
      expect([answer.receipt.receipt.finalizedBlock, answer.receipt.receipt.headBlock]).to.deep.equal([blockHash(18), blockHash(20)]);
    });

    it("gives the same bytes to the same request (replay), and writes both down", async () => {
      const url = await serve();
      const body = bodyOf(await signed());
      const first = await (await post(url, body)).text();
      expect(await (await post(url, body)).text()).to.equal(first);
      const records = await vault.audit.find();
      expect(records.map(({ kind, decision: decided }) => [kind, decided])).to.deep.equal([
        ["answer", "PERMITTED"],
        ["answer", "PERMITTED"],
      ]);
    });

    it("gives the same bytes after a restart", async () => {
      const body = bodyOf(await signed());
      const first = await (await post(await serve(), body)).text();
      expect(await (await post(await serve(), body)).text()).to.equal(first);
    });

    it("asks for the permission again before a stored answer is sent again (D27)", async () => {
      const url = await serve();
      const body = bodyOf(await signed());
      expect((await post(url, body)).status).to.equal(200);
      decision = () => DENIED;
      chain.head += 1;
      expect(await outcome(await post(url, body))).to.deep.equal([403, "ACCESS_DENIED"]);
    });

    it("answers one request once when it comes many times at once", async () => {
      const url = await serve();
      const body = bodyOf(await signed());
      const texts = await Promise.all(Array.from({ length: 5 }, async () => (await post(url, body)).text()));
      expect(new Set(texts).size).to.equal(1);
    });
  });

  describe("who may not read", () => {
    it("is denied at the head, whatever was final", async () => {
      decision = (block) => (block === chain.head ? DENIED : PERMITTED);
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([403, "ACCESS_DENIED"]);
    });
    it("waits for finality after a grant", async () => {
      decision = (block) => (block === chain.head ? PERMITTED : DENIED);
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([409, "PERMISSION_NOT_FINAL"]);
    });
    it("is told at which blocks it was decided", async () => {
      decision = (block) => (block === chain.head ? DENIED : PERMITTED);
      const { details } = (await (await post(await serve(), bodyOf(await signed()))).json()) as { details: Record<string, unknown> };
      expect(details).to.deep.equal({ headBlock: blockHash(chain.head), finalBlock: blockHash(chain.head - chain.finalLag) });
    });
    it("is told of a version that is not published", async () => {
      decision = () => UNKNOWN_VERSION;
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([404, "UNKNOWN_DOCUMENT"]);
    });
    it("is counted and sampled, and leaves no record forever", async () => {
      decision = () => DENIED;
      const url = await serve();
      const asked = await signed();
      for (let i = 0; i < 3; i += 1) await post(url, bodyOf(asked));
      await servers[0]?.refusals.write();
      expect(await vault.audit.find()).to.have.length(0);
      expect((await vault.refusals.counts()).map(({ code, count }) => [code, count])).to.deep.equal([["ACCESS_DENIED", 3]]);
      expect((await vault.refusals.samples())[0]).to.deep.include({
        ...{ code: "ACCESS_DENIED", isVerified: true, channel: "http", document: header.document, requester: asked.request.requester },
        headBlock: blockHash(chain.head),
      });
    });
  });

  describe("what cannot be decided is unavailable, never denied", () => {
    it("when the RPC fails", async () => {
      const url = await serve();
      chain.isReachable = false;
      expect(await outcome(await post(url, bodyOf(await signed())))).to.deep.equal([503, "UNAVAILABLE"]);
    });
    it("when the newest block is too old", async () => {
      const url = await serve();
      chain.genesisTime -= 3_600;
      expect(await outcome(await post(url, bodyOf(await signed())))).to.deep.equal([503, "UNAVAILABLE"]);
    });
    it("when the newest block is below one that was acted on", async () => {
      const url = await serve();
      chain.head = 12;
      expect(await outcome(await post(url, bodyOf(await signed())))).to.deep.equal([503, "UNAVAILABLE"]);
    });
  });

  describe("a request that is not what it says", () => {
    const refused = (name: string, change: (body: ShareRequestBody) => unknown, expected: readonly [number, string]): void => {
      it(`is refused: ${name}`, async () => {
        expect(await outcome(await post(await serve(), change(bodyOf(await signed()))))).to.deep.equal(expected);
        expect(await vault.audit.find()).to.have.length(0);
      });
    };
    const other = `0x${"7".repeat(64)}`;
    refused("no JSON", () => "{", [400, "INVALID_REQUEST"]);
    refused("a body above the limit", (body) => ({ ...body, context: `0x${"00".repeat(30_000)}` }), [413, "BODY_TOO_LARGE"]);
    refused("malformed hex", (body) => ({ ...body, request: { ...body.request, document: `0x${"zz".repeat(32)}` } }), [
      400,
      "INVALID_REQUEST",
    ]);
    refused("hex in upper case", (body) => ({ ...body, header: body.header.toUpperCase().replace("0X", "0x") }), [400, "INVALID_REQUEST"]);
    refused("a missing field", ({ signature: _, ...body }) => body, [400, "INVALID_REQUEST"]);
    refused("an unknown field", (body) => ({ ...body, admin: true }), [400, "INVALID_REQUEST"]);
    refused("a number where text belongs", (body) => ({ ...body, request: { ...body.request, deadline: 1 } }), [400, "INVALID_REQUEST"]);
    refused("a header that is cut", (body) => ({ ...body, header: body.header.slice(0, -2) }), [400, "INVALID_REQUEST"]);
    refused("a reader key off the curve", (body) => ({ ...body, request: { ...body.request, readerKey: `0x02${"00".repeat(31)}05` } }), [
      400,
      "INVALID_REQUEST",
    ]);
    refused(
      "a reader key with x >= n (D10)",
      (body) => ({ ...body, request: { ...body.request, readerKey: `0x02${(CURVE_ORDER + 2n).toString(16)}` } }),
      [400, "INVALID_REQUEST"],
    );
    refused(
      "another header than the request names",
      (body) => ({ ...body, header: `0x${Buffer.from(hexToBytes(bodyHeader(createHeader()))).toString("hex")}` }),
      [422, "INVALID_HEADER"],
    );
    refused("a malformed delegation", (body) => ({ ...body, delegation: "0x01" }), [400, "INVALID_REQUEST"]);
    refused("an empty signature", (body) => ({ ...body, signature: "0x" }), [401, "INVALID_SIGNATURE"]);
    refused(
      "a signature that was changed",
      (body) => ({ ...body, signature: body.signature.replace(/..$/, "1b").replace(/^0x../, "0x01") }),
      [401, "INVALID_SIGNATURE"],
    );
    refused("trailing bytes behind the signature", (body) => ({ ...body, signature: `${body.signature}00` }), [401, "INVALID_SIGNATURE"]);
    refused("the compact form of the signature", (body) => ({ ...body, signature: body.signature.slice(0, -2) }), [
      401,
      "INVALID_SIGNATURE",
    ]);
    refused("the signature's other form, with high s (D31)", (body) => ({ ...body, signature: withHighS(body.signature) }), [
      401,
      "INVALID_SIGNATURE",
    ]);
    for (const v of ["00", "01", "1d", "25"])
      refused(`v = ${v}`, (body) => ({ ...body, signature: body.signature.replace(/..$/, v) }), [401, "INVALID_SIGNATURE"]);
    for (const field of ["requester", "readerKey", "contextHash", "nonce", "deadline"] as const)
      refused(
        `${field} was changed after it was signed (attack 7)`,
        (body) => ({
          ...body,
          request: {
            ...body.request,
            ...{
              requester: { requester: mallory.address.toLowerCase() },
              readerKey: { readerKey: `0x${Buffer.from(encodePoint(G.multiply(7n))).toString("hex")}` },
              contextHash: { contextHash: other },
              nonce: { nonce: other },
              deadline: { deadline: (BigInt(body.request.deadline) + 1n).toString() },
            }[field],
          },
        }),
        [401, "INVALID_SIGNATURE"],
      );

    it("is refused: Mallory signs in Bob's name", async () => {
      const asked = await signRequest(header, createRequest(header, seconds() + 60n), { signer: mallory });
      expect(await outcome(await post(await serve(), bodyOf(asked)))).to.deep.equal([401, "INVALID_SIGNATURE"]);
    });
    it("is refused: signed for another chain (attack 29)", async () => {
      const asked = await signRequest(header, createRequest(header, seconds() + 60n), { chainId: 1n });
      expect(await outcome(await post(await serve(), bodyOf(asked)))).to.deep.equal([401, "INVALID_SIGNATURE"]);
    });
    it("is refused: a header of another chain", async () => {
      header = createHeader({ chainId: 1n });
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([422, "WRONG_CHAIN"]);
    });
    it("is refused: a header of another registry", async () => {
      header = createHeader({ documentRegistry: parseAddress(mallory.address) });
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([422, "WRONG_CHAIN"]);
    });
    it("is refused: a header whose proof is for another permissions contract (attack 2)", async () => {
      header = createHeader({ initialPermissions: parseAddress(mallory.address) });
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([422, "INVALID_HEADER"]);
    });
    it("is refused: a mauled ciphertext (attack 1)", async () => {
      const { ciphertext } = header;
      header = { ...header, ciphertext: { ...ciphertext, u: ciphertext.u.add(G) } };
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([422, "INVALID_HEADER"]);
    });
    it("is refused: a key that the chain does not know", async () => {
      chain.answers["keyGeneration.keyOf"] = () => [
        [0, 0, `0x${"00".repeat(20)}`, { x: 0n, y: 0n }, `0x${"00".repeat(20)}`, `0x${"00".repeat(32)}`],
      ];
      expect(await outcome(await post(await serve(), bodyOf(await signed())))).to.deep.equal([404, "UNKNOWN_KEY"]);
    });
    it("is refused: a key of another purpose", async () => {
      chain.answers["keyGeneration.keyOf"] = () => [[1, EPOCH, bob.address, toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`]];
      const response = await post(await serve(), bodyOf(await signed()));
      expect(((await response.clone().json()) as { details: object }).details).to.deep.equal({ field: "header" });
      expect((await outcome(response))[1]).to.equal("UNKNOWN_KEY");
    });
    it("is refused: a key of an epoch of which this keeper is not a member", async () => {
      expect(await outcome(await post(await serve({ holdsShare: false }), bodyOf(await signed())))).to.deep.equal([409, "NOT_MEMBER"]);
    });
    it("is refused: a key of which this keeper lost its share", async () => {
      chain.answers["keeperRegistry.committeeOf"] = () => [[[4, OPERATOR, toXY(JOINT_KEY), toXY(JOINT_KEY)]]];
      expect(await outcome(await post(await serve({ holdsShare: false }), bodyOf(await signed())))).to.deep.equal([409, "SHARE_MISSING"]);
    });
  });

  describe("deadlines", () => {
    for (const [name, ahead, code] of [
      ["a second ago", -1n, "DEADLINE_PASSED"],
      ["now", 0n, "DEADLINE_PASSED"],
      ["in a second", 1n, "ANSWERED"],
      ["in 600 seconds", 600n, "ANSWERED"],
      ["in 601 seconds", 601n, "DEADLINE_TOO_FAR"],
    ] as const)
      it(`${name}: ${code}`, async () => {
        const asked = await signRequest(header, createRequest(header, seconds() + ahead));
        expect((await outcome(await post(await serve(), bodyOf(asked))))[1]).to.equal(code);
      });
  });

  it("sends nothing when the deadline passed while the answer was made", async () => {
    const slow: Pick<Vault, "answers" | "keyShares" | "transaction"> = {
      answers: vault.answers,
      keyShares: vault.keyShares,
      transaction: (work) => {
        time += 61_000;
        chain.genesisTime += 61; // the chain goes on
        return vault.transaction(work);
      },
    };
    expect((await outcome(await post(await serve({ vault: slow }), bodyOf(await signed()))))[1]).to.equal("DEADLINE_PASSED");
  });

  it("refuses a second header under one request id", async () => {
    const asked = await signed();
    const requestId = shareRequestDigest({ chainId: CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests }, asked.request);
    await vault.answers.save({
      requestId,
      epoch: 1,
      headerHash: blockHash(5),
      answer: new Uint8Array(162),
      body: "{}",
      keepUntil: now() + 1_000,
    });
    expect(await outcome(await post(await serve(), bodyOf(asked)))).to.deep.equal([409, "REQUEST_CONFLICT"]);
  });

  it("P13: no answer leaves without its audit record; one that cannot be written down is not given", async () => {
    const broken: Pick<Vault, "answers" | "keyShares" | "transaction"> = {
      answers: vault.answers,
      keyShares: vault.keyShares,
      transaction: (work) =>
        vault.transaction(async (tx) => {
          await work({ ...tx, audit: { ...tx.audit, append: () => Promise.reject(new Error("disk full")) } });
          throw new Error("not reached");
        }),
    };
    const url = await serve({ vault: broken });
    const asked = await signed();
    expect(await outcome(await post(url, bodyOf(asked)))).to.deep.equal([500, "INTERNAL"]);
    const requestId = shareRequestDigest({ chainId: CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests }, asked.request);
    expect(await vault.answers.headerOf(requestId)).to.equal(undefined);
    expect(await vault.audit.find()).to.have.length(0);
    expect(await metrics.registry.metrics()).to.include("keeper_shares_released_total 0");
  });

  it("P13: an answer waits until it and its record are durable", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: Pick<Vault, "answers" | "keyShares" | "transaction"> = {
      answers: vault.answers,
      keyShares: vault.keyShares,
      transaction: async (work) => {
        await held;
        return vault.transaction(work);
      },
    };
    const url = await serve({ vault: slow });
    let isAnswered = false;
    const response = post(url, bodyOf(await signed())).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isAnswered).to.equal(false);
    release();
    expect((await response).status).to.equal(200);
    expect(await vault.audit.find()).to.have.length(1);
  });

  it("an extension may change the answer: then the share does not verify, and the receipt signs for the lie", async () => {
    const lie: KeeperExtension = { name: "liar", transformAnswer: (answer) => ({ ...answer, v: answer.v.add(G) }) };
    const asked = await signed();
    const answer = parseShareAnswer(await (await post(await serve({ extensions: [lie] }), bodyOf(asked))).json());
    const requestId = answer.receipt.receipt.requestId;
    const context = answerContextOf({ headerHash: asked.request.headerHash, requestId, keyId: KEY_ID, epoch: EPOCH, slot: SLOT });
    expect(
      verifyShareAnswer(
        { verifyingShare: VERIFYING_SHARE, u: header.ciphertext.u, readerKey: parsePoint(asked.request.readerKey), context },
        answer.answer,
      ),
    ).to.equal(false);
    expect(answer.receipt.receipt.answerHash).to.equal(answerHashOf(answer.answer));
  });

  it("P14: no secret appears in logs, error bodies or metrics, whatever fails", async () => {
    const url = await serve();
    const texts: string[] = [];
    const ask = async (body: unknown): Promise<void> => {
      texts.push(await (await post(url, body)).text());
    };
    const body = bodyOf(await signed());
    await ask(body);
    for (const bad of [{ ...body, signature: "0x00" }, { ...body, header: "0x" }, "{"]) await ask(bad);
    decision = () => DENIED;
    await ask(bodyOf(await signed()));
    chain.answers["shareRequests.decide"] = () => {
      throw new Error("unexpected");
    };
    await ask(bodyOf(await signed()));
    chain.isReachable = false;
    await ask(bodyOf(await signed()));
    const written = [...texts, ...lines, await metrics.registry.metrics()].join("\n").toLowerCase();
    const nonceKey = (await vault.secrets.load("nonce")) ?? new Uint8Array();
    for (const secret of [KEY_SHARE.toBytes(), IDENTITY_SECRET, nonceKey])
      for (const spelling of spellingsOf(secret)) expect(written).not.to.include(spelling);
  });
});

const bodyHeader = (header: DocumentHeader): string =>
  `0x${bodyOf({ header, request: createRequest(header, 1n), signature: new Uint8Array() }).header.slice(2)}`;

const withHighS = (signature: string): string => {
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.endsWith("1b") ? "1c" : "1b";
  return `${signature.slice(0, 66)}${(CURVE_ORDER - s).toString(16).padStart(64, "0")}${v}`;
};

/** How a secret might be written: hex, decimal, base64, as a list of bytes. */
const spellingsOf = (secret: Uint8Array): readonly string[] => {
  const hex = Buffer.from(secret).toString("hex");
  return [
    hex,
    hex.replace(/^0+/, ""),
    BigInt(`0x${hex}`).toString(),
    Buffer.from(secret).toString("base64").toLowerCase(),
    [...secret].join(","),
  ];
};
