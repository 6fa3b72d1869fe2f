import {
  encapsulate,
  encodePoint,
  G,
  nobleBackend,
  randomScalar,
  SecretScalar,
  secureRandom,
  ThresholdError,
  verifyShareAnswer,
} from "@keyquorum/threshold";
import {
  answerContextOf,
  answerHashOf,
  type DocumentHeader,
  documentIdOf,
  ERROR_CODES,
  headerHashOf,
  labelOf,
  parseAddress,
  parseHash32,
  parseKeyId,
  parseRequestId,
  ZERO_HASH,
} from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { nonceSourceOf } from "../testing/random.ts";
import { answerShareRequest } from "./answer.ts";
import { checkShareRequest, type ShareRequestCheck } from "./check.ts";
import { decideShareRequest, type PermissionDecision } from "./decide.ts";
import type { CheckedShareRequest, DecidedShareRequest, ReceivedShareRequest, RefusedShareRequest } from "./request.ts";

const dice = rollDice("protocol/shareAnswer/shareAnswer");

const hash = (byte: number) => parseHash32(`0x${byte.toString(16).padStart(2, "0").repeat(32)}`);
const account = (byte: number) => parseAddress(`0x${byte.toString(16).padStart(2, "0").repeat(20)}`);

const alice = account(0xa1);
const bob = account(0xb0);
const deployment = { chainId: 31337n, documentRegistry: account(0xd0) };
const keyId = parseKeyId(hash(1));
const keySecret = randomScalar(dice.bytes);
const publicKey = nobleBackend.mulG(keySecret);
const key = { keyId, purpose: "Decrypt", activeEpoch: 3, publicKey } as const;
const salt = hash(2);
const document = documentIdOf(alice, salt);
const NOW = 1_700_000_000n;

const headerFor = (changes: Partial<DocumentHeader> = {}): DocumentHeader => {
  const names = { ...deployment, keyId, document, owner: alice, salt, initialPermissions: account(0xc0), ...changes };
  const { ciphertext } = encapsulate({ publicKey, label: labelOf(names) });
  return { ...names, ciphertext, ...changes };
};
const header = headerFor();
const readerKey = nobleBackend.mulG(randomScalar(dice.bytes));

const requestFor = (changes: Partial<ReceivedShareRequest> = {}): ReceivedShareRequest => ({
  state: "received",
  channel: "http",
  requestId: parseRequestId(hash(7)),
  document,
  headerHash: headerHashOf(header),
  requester: bob,
  readerKey: encodePoint(readerKey),
  contextHash: ZERO_HASH,
  deadline: NOW + 60n,
  ...changes,
});
const check = (changes: Partial<ShareRequestCheck> = {}) =>
  checkShareRequest({ request: requestFor(), header, key, deployment, now: NOW, ...changes });
const codeOf = (result: { readonly state: string }) => (result as RefusedShareRequest).code;
const checked = () => check() as CheckedShareRequest;
const blocks = { finalBlock: hash(0xf0), headBlock: hash(0xf1) };
const decided = () => decideShareRequest(checked(), "PERMITTED", blocks) as DecidedShareRequest;

describe("checkShareRequest", () => {
  it("passes a good request on, with the active epoch and the reader's key as a point", () => {
    const result = checked();
    expect([result.state, result.epoch, result.keyId]).to.deep.equal(["checked", 3, keyId]);
    expect(result.readerKey.equals(readerKey)).to.equal(true);
  });

  it("reads a reader key again whose bytes are others than it read before", () => {
    const request = requestFor({ readerKey: encodePoint(readerKey) });
    const other = readerKey.double();
    for (const expected of [readerKey, readerKey, other]) {
      request.readerKey.set(encodePoint(expected));
      const result = check({ request });
      expect(result.state === "checked" && result.readerKey.equals(expected)).to.equal(true);
    }
    request.readerKey.fill(4, 0, 1);
    expect(check({ request })).to.include({ state: "refused", code: "INVALID_REQUEST" });
  });
  it("uses the epoch that an on-chain request pinned, and takes its deadline as the contract set it", () => {
    const request = requestFor({ channel: "chain", epoch: 2, deadline: NOW + 86_400n });
    expect(check({ request })).to.deep.include({ state: "checked", epoch: 2 });
    const { epoch: _missing, ...withoutEpoch } = request;
    expect(codeOf(check({ request: withoutEpoch }))).to.equal("INVALID_REQUEST");
    expect(codeOf(check({ request: { ...request, epoch: 0 } }))).to.equal("INVALID_REQUEST");
  });

  const withHeader = (changed: DocumentHeader) => ({
    header: changed,
    request: requestFor({ headerHash: headerHashOf(changed), document: changed.document }),
  });
  const { e, f } = header.ciphertext;
  const cases: readonly (readonly [string, Partial<ShareRequestCheck>, string])[] = [
    ["an id that was answered for another header", { answeredHeader: hash(9) }, "REQUEST_CONFLICT"],
    ["another chain", { deployment: { ...deployment, chainId: 1n } }, "WRONG_CHAIN"],
    ["another registry", { deployment: { ...deployment, documentRegistry: account(1) } }, "WRONG_CHAIN"],
    ["a header of another document", { request: requestFor({ document: documentIdOf(bob, salt) }) }, "INVALID_HEADER"],
    ["another header than the one named", { header: headerFor() }, "INVALID_HEADER"],
    ["an owner who is not the document's", withHeader(headerFor({ owner: bob })), "INVALID_HEADER"],
    [
      "another permissions contract under the same proof (attack 2)",
      withHeader({ ...header, initialPermissions: account(1) }),
      "INVALID_HEADER",
    ],
    [
      "a mauled U (attack 1)",
      withHeader({ ...header, ciphertext: { ...header.ciphertext, u: header.ciphertext.u.add(G) } }),
      "INVALID_HEADER",
    ],
    ["a changed proof", withHeader({ ...header, ciphertext: { ...header.ciphertext, e: f, f: e } }), "INVALID_HEADER"],
    ["a key it was not made for", { key: { ...key, publicKey: G } }, "INVALID_HEADER"],
    ["a deadline that is over", { now: NOW + 61n }, "DEADLINE_PASSED"],
    ["a deadline too far ahead", { request: requestFor({ deadline: NOW + 601n }) }, "DEADLINE_TOO_FAR"],
    ["a reader key with a bad first byte", { request: requestFor({ readerKey: encodePoint(readerKey).fill(4, 0, 1) }) }, "INVALID_REQUEST"],
    ["a reader key with x >= n", { request: requestFor({ readerKey: new Uint8Array(33).fill(255).fill(2, 0, 1) }) }, "INVALID_REQUEST"],
    ["a reader key of 65 bytes", { request: requestFor({ readerKey: new Uint8Array(65) }) }, "INVALID_REQUEST"],
    ["no such key", { key: undefined }, "UNKNOWN_KEY"],
    ["the facts of another key", { key: { ...key, keyId: parseKeyId(hash(5)) } }, "UNKNOWN_KEY"],
    ["a key for signing", { key: { ...key, purpose: "Schnorr" } }, "UNKNOWN_KEY"],
    ["a key that is not active yet", { key: { ...key, activeEpoch: 0 } }, "KEY_NOT_READY"],
  ];
  for (const [what, changes, code] of cases) {
    it(`refuses ${what}: ${code}`, () => {
      const result = check(changes);
      expect([result.state, codeOf(result)]).to.deep.equal(["refused", code]);
    });
  }

  it("takes deadlines on their limits", () => {
    expect(check({ now: NOW + 60n }).state).to.equal("checked");
    expect(check({ request: requestFor({ deadline: NOW + 600n }) }).state).to.equal("checked");
  });

  it("takes the same header again under an answered id", () => {
    expect(check({ answeredHeader: headerHashOf(header) }).state).to.equal("checked");
  });
});

describe("decideShareRequest", () => {
  const table: readonly (readonly [PermissionDecision, string, boolean])[] = [
    ["ACCESS_DENIED", "ACCESS_DENIED", false],
    ["PERMISSION_NOT_FINAL", "PERMISSION_NOT_FINAL", true],
    ["UNAVAILABLE", "UNAVAILABLE", true],
    ["UNKNOWN_VERSION", "UNKNOWN_DOCUMENT", false],
    ["WITHDRAWN_VERSION", "UNKNOWN_DOCUMENT", false],
  ];
  for (const [decision, code, retryable] of table) {
    it(`turns ${decision} into ${code}, ${retryable ? "to be tried again" : "for good"}`, () => {
      const result = decideShareRequest(checked(), decision, blocks);
      expect(result).to.deep.include({ state: "refused", code, retryable, requestId: requestFor().requestId });
      expect((result as RefusedShareRequest).sentence).to.include(ERROR_CODES[code as "ACCESS_DENIED"].action);
    });
  }
  it("keeps both blocks of a permission", () => {
    expect(decided()).to.deep.include({ state: "decided", ...blocks });
  });
});

describe("answerShareRequest", () => {
  const share = SecretScalar.from(randomScalar(dice.bytes));
  const verifyingShare = nobleBackend.mulG(share.reveal());
  const nonceKey = secureRandom(32);
  const input = () => ({
    request: decided(),
    slot: 5,
    keyShare: share,
    verifyingShare,
    path: [hash(3)],
    nonceKey,
    nonces: nonceSourceOf(secureRandom),
  });
  const statement = (changes: Record<string, unknown> = {}) => {
    const { headerHash, requestId, epoch } = { ...decided(), ...changes };
    return {
      verifyingShare,
      u: header.ciphertext.u,
      readerKey,
      context: answerContextOf({ headerHash, requestId, keyId, epoch, slot: 5 }),
    };
  };

  it("gives an answer that verifies for this request, header, key, epoch and slot only", () => {
    const { answer } = answerShareRequest(input());
    expect(verifyShareAnswer(statement(), answer)).to.equal(true);
    for (const changes of [{ requestId: hash(8) }, { headerHash: hash(8) }, { epoch: 4 }]) {
      expect(verifyShareAnswer(statement(changes), answer), JSON.stringify(changes)).to.equal(false);
    }
    expect(verifyShareAnswer({ ...statement(), readerKey: G }, answer)).to.equal(false);
  });

  it("gives a receipt that names the answer and both blocks", () => {
    const { answer, receipt } = answerShareRequest(input());
    expect(receipt).to.deep.equal({
      requestId: requestFor().requestId,
      document,
      headerHash: headerHashOf(header),
      requester: bob,
      keyId,
      epoch: 3,
      slot: 5,
      finalizedBlock: blocks.finalBlock,
      headBlock: blocks.headBlock,
      answerHash: answerHashOf(answer),
    });
  });

  it("does not repeat nonces for two requests when the random source is broken (attack 8)", () => {
    const constant = (length: number) => new Uint8Array(length).fill(1);
    const one = answerShareRequest({ ...input(), nonces: nonceSourceOf(constant) });
    const two = answerShareRequest({
      ...input(),
      nonces: nonceSourceOf(constant),
      request: { ...decided(), requestId: parseRequestId(hash(8)) },
    });
    expect(one.answer.k.equals(two.answer.k)).to.equal(false);
  });

  it("refuses to answer with a share that is not that of the verifying share", () => {
    expect(() => answerShareRequest({ ...input(), verifyingShare: G }))
      .to.throw(ThresholdError)
      .with.property("code", "SHARE_MISMATCH");
  });
});
