import { addressOfPoint, encryptShare, G, SecretScalar } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { alice, codeOf, domain, encryptFor, fixedRandom, hashNamed, keeper, keyId, mutantsOf, overJson, requestOf } from "./actors.test.ts";
import { MAX_DELEGATION_BYTES } from "./delegationSize.ts";
import { headerHashOf } from "./header.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { encodeKeeperInfo, type KeeperInfo, parseKeeperInfo } from "./keeperInfoBody.ts";
import { answerContextOf, answerHashOf } from "./names.ts";
import { receiptTypedData } from "./receipt.ts";
import { MAX_REQUEST_BODY_BYTES, MAX_RESPONSE_BODY_BYTES, ROUTES } from "./routes.ts";
import { encodeShareAnswer, parseShareAnswer, type ShareAnswer } from "./shareAnswerBody.ts";
import { shareRequestDigest } from "./shareRequest.ts";
import { encodeShareRequestBody, MAX_CONTEXT_BYTES, parseShareRequestBody, type SignedShareRequest } from "./shareRequestBody.ts";
import { MAX_SIGNATURE_BYTES } from "./signature.ts";

const { header } = encryptFor(alice.address);
const context = new TextEncoder().encode("a module and its runner");
const request: SignedShareRequest = {
  header,
  request: requestOf(header, { contextHash: bytesToHex(keccak_256(context)) as ReturnType<typeof hashNamed> }),
  signature: fixedRandom("signature")(65),
  context,
  ownerStatement: { cid: fixedRandom("cid")(36), signature: fixedRandom("statement")(65) },
  delegation: fixedRandom("delegation")(100),
  epoch: 7,
};

describe("The body of POST /v1/share-requests", () => {
  const body = encodeShareRequestBody(request);

  it("when it is written, sent as JSON, read and written again, it should be the same (attack 27)", () => {
    const parsed = parseShareRequestBody(overJson(body));
    expect(encodeShareRequestBody(parsed)).to.deep.equal(body);
    expect(shareRequestDigest(domain, parsed.request)).to.equal(shareRequestDigest(domain, request.request));
    const { context: _c, ownerStatement: _o, delegation: _d, epoch: _e, ...least } = request;
    const bare = { ...least, request: requestOf(header) };
    expect(encodeShareRequestBody(parseShareRequestBody(overJson(encodeShareRequestBody(bare))))).to.deep.equal(
      encodeShareRequestBody(bare),
    );
  });

  it("when any field is missing, added, of another type or spelt otherwise, it should be refused", async () => {
    // These say the same or nothing that the body can contradict: other bytes of free length, and what may be left out.
    const free =
      /^\.(signature|delegation|ownerStatement\.(cid|signature)) = "0x|^\.(context|ownerStatement|delegation|epoch) missing$|^\.epoch = [1-9]\d*$|^\.request\.deadline = "(3|18000000)/;
    let refused = 0;
    for (const mutant of mutantsOf(overJson(body))) {
      if (free.test(mutant.path)) continue;
      expect(["INVALID_REQUEST", "INVALID_HEADER"], mutant.path).to.include(await codeOf(() => parseShareRequestBody(mutant.value)));
      refused++;
    }
    expect(refused).to.be.above(200);
    for (const value of [undefined, null, "", 3, [], Number.NaN])
      expect(await codeOf(() => parseShareRequestBody(value))).to.equal("INVALID_REQUEST");
  });

  it("when a digit of any hash or of the header changes, it should be refused", async () => {
    const flip = (hex: string, at: number): string => hex.slice(0, at) + (hex[at] === "0" ? "1" : "0") + hex.slice(at + 1);
    for (const at of [5, 70, 130, 200, 260, 300, 400, 450, 520, 600]) {
      expect(await codeOf(() => parseShareRequestBody({ ...body, header: flip(body.header, at) })), `header ${at}`).to.equal(
        "INVALID_HEADER",
      );
    }
    for (const field of ["document", "headerHash"] as const) {
      const changed = { ...body, request: { ...body.request, [field]: flip(body.request[field], 20) } };
      expect(await codeOf(() => parseShareRequestBody(changed))).to.equal("INVALID_HEADER");
    }
    const changed = { ...body, request: { ...body.request, contextHash: flip(body.request.contextHash, 20) } };
    expect(await codeOf(() => parseShareRequestBody(changed))).to.equal("INVALID_REQUEST");
  });

  it("when the error is thrown, it should name the field", () => {
    try {
      parseShareRequestBody({ ...body, request: { ...body.request, nonce: "0x12" } });
      expect.fail("accepted");
    } catch (error) {
      expect(error).to.include({ code: "INVALID_REQUEST", retryable: false });
      expect((error as { details: object }).details).to.deep.equal({ field: "request.nonce" });
    }
  });

  it("when the reader key is off the curve or has x >= n, it should be refused (D10)", async () => {
    // x = n is on the curve's field but no x-coordinate that contracts take; x = 5 has no point.
    const keys = [
      `0x02${"0".repeat(63)}5`,
      "0x02fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
      `0x02${"0".repeat(64)}`,
    ];
    for (const readerKey of keys) {
      expect(await codeOf(() => parseShareRequestBody({ ...body, request: { ...body.request, readerKey } }))).to.equal("INVALID_REQUEST");
    }
  });

  it("when the deadline has more than 64 bits, it should be refused", async () => {
    for (const deadline of ["18446744073709551616", "99999999999999999999", "01", "+1", "1e3"]) {
      expect(await codeOf(() => parseShareRequestBody({ ...body, request: { ...body.request, deadline } }))).to.equal("INVALID_REQUEST");
    }
  });

  it("when it is as large as it may be, it should fit the limit of a body", () => {
    const large = encodeShareRequestBody({
      ...request,
      signature: new Uint8Array(MAX_SIGNATURE_BYTES),
      context: new Uint8Array(MAX_CONTEXT_BYTES),
      ownerStatement: { cid: new Uint8Array(128), signature: new Uint8Array(MAX_SIGNATURE_BYTES) },
      delegation: new Uint8Array(MAX_DELEGATION_BYTES),
    });
    expect(JSON.stringify(large).length).to.be.below(MAX_REQUEST_BODY_BYTES);
  });
});

const requestId = shareRequestDigest(domain, request.request);
const share = SecretScalar.from(77n);
const answer = encryptShare(
  {
    share,
    u: header.ciphertext.u,
    readerKey: G.multiply(987654321n),
    context: answerContextOf({ headerHash: headerHashOf(header), requestId, keyId, epoch: 1, slot: 3 }),
    nonceKey: fixedRandom("nonce key")(32),
  },
  fixedRandom("answer"),
);
const receipt = {
  requestId,
  document: header.document,
  headerHash: headerHashOf(header),
  requester: request.request.requester,
  keyId,
  epoch: 1,
  slot: 3,
  finalizedBlock: hashNamed("final"),
  headBlock: hashNamed("head"),
  answerHash: answerHashOf(answer),
};

describe("The answer to POST /v1/share-requests", () => {
  let body: ReturnType<typeof encodeShareAnswer>;
  before(async () => {
    const typed = receiptTypedData(domain, receipt);
    const signature = hexToBytes(await keeper.wallet.signTypedData(typed.domain, typed.types, typed.message));
    const value: ShareAnswer = {
      slot: 3,
      epoch: 1,
      verifyingShare: G.multiply(77n),
      path: [hashNamed("left"), hashNamed("right")],
      answer,
      receipt: { receipt, signature },
    };
    body = encodeShareAnswer(value);
  });

  it("when it is written, sent as JSON, read and written again, it should be the same (attack 27)", () => {
    expect(encodeShareAnswer(parseShareAnswer(overJson(body)))).to.deep.equal(body);
    expect(JSON.stringify(body).length).to.be.below(MAX_RESPONSE_BODY_BYTES / 4);
  });

  it("when any field is missing, added, of another type or spelt otherwise, it should be refused", async () => {
    for (const mutant of mutantsOf(overJson(body))) {
      expect(await codeOf(() => parseShareAnswer(mutant.value)), mutant.path).to.equal("BAD_ANSWER");
    }
  });

  it("when the receipt speaks of another slot, epoch or answer, it should be refused", async () => {
    for (const change of [{ slot: 4 }, { epoch: 2 }, { answerHash: hashNamed("x") }]) {
      expect(await codeOf(() => parseShareAnswer({ ...body, receipt: { ...body.receipt, ...change } }))).to.equal("BAD_ANSWER");
    }
  });

  it("when the path is longer than any tree, it should be refused", async () => {
    expect(await codeOf(() => parseShareAnswer({ ...body, path: Array(9).fill(hashNamed("x")) }))).to.equal("BAD_ANSWER");
  });
});

describe("The answer to GET /v1/keeper", () => {
  const info: KeeperInfo = {
    software: "keyquorum-keeper 0.1.0",
    name: "Keeper 3, Zürich",
    chainId: domain.chainId,
    keeperRegistry: alice.address,
    shareRequests: domain.shareRequests,
    slot: 3,
    operator: keeper.address,
    identityKey: G.multiply(5n),
    ready: true,
    sharesMissing: 0,
    finalBlock: { number: 10n, hash: hashNamed("final") },
    headBlock: null,
    headLookMilliseconds: 250,
    maxHeadAgeSeconds: 120,
  };
  const body = encodeKeeperInfo(info);

  it("when it is written, sent as JSON, read and written again, it should be the same (attack 27)", () => {
    expect(encodeKeeperInfo(parseKeeperInfo(overJson(body)))).to.deep.equal(body);
    expect(addressOfPoint(parseKeeperInfo(overJson(body)).identityKey)).to.deep.equal(addressOfPoint(info.identityKey));
  });

  it("when any field is missing, added or of another type, it should be refused", async () => {
    // Free text, and numbers that are as good as another.
    const free =
      /^\.(software|name) = "|^\.(chainId|finalBlock\.number) = "\d+"?$|^\.slot = 256|^\.(sharesMissing|headLookMilliseconds) = (0|256)|^\.maxHeadAgeSeconds = 256|^\.ready = |^\.headBlock = |^\.finalBlock = null/;
    for (const mutant of mutantsOf(overJson(body))) {
      if (free.test(mutant.path)) continue;
      expect(await codeOf(() => parseKeeperInfo(mutant.value)), mutant.path).to.equal("BAD_ANSWER");
    }
    for (const change of [
      { slot: 0 },
      { slot: 256 },
      { ready: "true" },
      { ready: null },
      { protocol: 2 },
      { headBlock: {} },
      { chainId: "0" },
      { name: "a\u001b[2J" },
      { name: "x".repeat(65) },
    ]) {
      expect(await codeOf(() => parseKeeperInfo({ ...body, ...change })), JSON.stringify(change)).to.equal("BAD_ANSWER");
    }
  });
});

describe("The routes", () => {
  it("when a schema describes an object, it should take no other fields", () => {
    const open: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      if ("type" in schema && schema.type === "object" && (!("additionalProperties" in schema) || schema.additionalProperties !== false))
        open.push(path);
      for (const [key, inner] of Object.entries(schema)) visit(inner, `${path}/${key}`);
    };
    visit(ROUTES, "");
    expect(open).to.deep.equal([]);
  });

  it("when they are sent as JSON, they should be plain JSON Schema", () => {
    expect(JSON.parse(JSON.stringify(ROUTES.postShareRequest.body))).to.include({ type: "object" });
  });
});
