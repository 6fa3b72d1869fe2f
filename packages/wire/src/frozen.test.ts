// Bytes of version 1. They never change: where this test fails, the code is wrong, or it is another version.
import { readFileSync } from "node:fs";
import { deriveContentSecret, encodePoint, encodeScalar, parsePoint, verifyShareAnswer } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { codeOf, inPieces, keySecret, nodeCipher, readAll, recover } from "./actors.test.ts";
import { authorshipDigest } from "./authorship.ts";
import { encodeDelegation, parseDelegation } from "./delegation.ts";
import type { SigningDomain } from "./eip712.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import { readEnvelopeStart } from "./envelopeStart.ts";
import { encodeHeader, headerHashOf, headerLabelOf, headerRestOf, parseHeader, verifyHeader } from "./header.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { parseAddress, parseDocumentId, parseHash32, parseRequestId } from "./ids.ts";
import type { DocumentMetadata } from "./metadata.ts";
import { answerContextOf, documentIdOf, epochKeyMessageOf, keyIdOf, requestIdOf } from "./names.ts";
import { rankOf } from "./rank.ts";
import { readingSessionDigest } from "./readingSession.ts";
import { receiptDigest, verifyReceipt } from "./receipt.ts";
import { encodeShareAnswer, parseShareAnswer, type ShareAnswerBody } from "./shareAnswerBody.ts";
import { shareRequestDigest } from "./shareRequest.ts";
import { encodeShareRequestBody, parseShareRequestBody, type ShareRequestBody } from "./shareRequestBody.ts";

type Texts<K extends string> = { readonly [key in K]: string };
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../testdata/${name}.json`, import.meta.url), "utf8")) as T;

const headerFields = ["documentRegistry", "keyId", "document", "owner", "salt", "initialPermissions"] as const;
type FrozenHeader = Texts<
  (typeof headerFields)[number] | "bytes" | "chainId" | "u" | "uBar" | "e" | "f" | "label" | "headerRest" | "headerHash" | "contentSecret"
>;
type FrozenEnvelope = Texts<"contentSecret" | "headerHash" | "content" | "bytes"> & {
  readonly metadata: DocumentMetadata;
  /** Flags 1. */
  readonly isMetadataPublic?: boolean;
};
type FrozenLong = Texts<"contentSecret" | "header" | "salt" | "keccak256"> & {
  metadata: DocumentMetadata;
  contentBytes: number;
  bytes: number;
};
type FrozenDomain = Texts<"chainId" | "shareRequests">;

const domainOf = ({ chainId, shareRequests }: FrozenDomain): SigningDomain => ({
  chainId: BigInt(chainId),
  shareRequests: parseAddress(shareRequests),
});

describe("Frozen bytes of version 1", () => {
  const { publicKey, headers } = read<{ publicKey: string; headers: FrozenHeader[] }>("headers");
  for (const [i, frozen] of headers.entries()) {
    it(`header ${i}`, () => {
      const header = parseHeader(hexToBytes(frozen.bytes));
      expect(bytesToHex(encodeHeader(header))).to.equal(frozen.bytes);
      expect(header.chainId).to.equal(BigInt(frozen.chainId));
      for (const field of headerFields) expect(header[field]).to.equal(frozen[field]);
      expect(bytesToHex(encodePoint(header.ciphertext.u))).to.equal(frozen.u);
      expect(bytesToHex(encodePoint(header.ciphertext.uBar))).to.equal(frozen.uBar);
      expect(bytesToHex(encodeScalar(header.ciphertext.e))).to.equal(frozen.e);
      expect(bytesToHex(encodeScalar(header.ciphertext.f))).to.equal(frozen.f);
      expect(bytesToHex(headerLabelOf(header))).to.equal(frozen.label);
      expect(headerRestOf(header)).to.equal(frozen.headerRest);
      expect(headerHashOf(header)).to.equal(frozen.headerHash);
      expect(verifyHeader(header, parsePoint(hexToBytes(publicKey)))).to.equal(true);
      const shared = header.ciphertext.u.multiply(keySecret);
      expect(bytesToHex(deriveContentSecret({ shared, label: headerLabelOf(header), u: header.ciphertext.u }))).to.equal(
        frozen.contentSecret,
      );
    });
  }

  const { envelopes, long } = read<{ envelopes: FrozenEnvelope[]; long: FrozenLong }>("envelopes");
  for (const [i, frozen] of envelopes.entries()) {
    it(`envelope ${i}`, async () => {
      const bytes = hexToBytes(frozen.bytes);
      const opened = await openEnvelope({ bytes: inPieces(bytes), contentSecret: hexToBytes(frozen.contentSecret), cipher: nodeCipher });
      expect(headerHashOf(opened.header)).to.equal(frozen.headerHash);
      expect(opened.metadata).to.deep.equal(frozen.metadata);
      expect(bytesToHex(await readAll(opened.content))).to.equal(frozen.content);
      const isMetadataPublic = frozen.isMetadataPublic === true;
      expect(opened.isMetadataPublic).to.equal(isMetadataPublic);
      const { bodyOffset, publicMetadata } = await readEnvelopeStart(inPieces(bytes));
      expect(publicMetadata).to.deep.equal(isMetadataPublic ? frozen.metadata : undefined);
      if (!isMetadataPublic) expect(bodyOffset).to.equal(323);
      const again = sealEnvelope({
        header: opened.header,
        contentSecret: hexToBytes(frozen.contentSecret),
        metadata: frozen.metadata,
        isMetadataPublic,
        content: inPieces(hexToBytes(frozen.content)),
        cipher: nodeCipher,
        random: () => bytes.slice(bodyOffset, bodyOffset + 24),
      });
      expect(bytesToHex(await readAll(again))).to.equal(frozen.bytes);
    });
  }

  it("envelope of three chunks, the last of them empty", async () => {
    const content = new Uint8Array(long.contentBytes).map((_, i) => (7 * i + Math.floor(i / 256)) % 256);
    const bytes = await readAll(
      sealEnvelope({
        header: parseHeader(hexToBytes(long.header)),
        contentSecret: hexToBytes(long.contentSecret),
        metadata: long.metadata,
        content: inPieces(content),
        cipher: nodeCipher,
        random: () => hexToBytes(long.salt),
      }),
    );
    expect(bytes.length).to.equal(long.bytes);
    expect(bytesToHex(keccak_256(bytes))).to.equal(long.keccak256);
  });

  const requests = read<{ domain: FrozenDomain; requests: { signer: string; digest: string; body: ShareRequestBody }[] }>("requests");
  for (const [i, { signer, digest, body }] of requests.requests.entries()) {
    it(`request ${i}`, () => {
      const parsed = parseShareRequestBody(body);
      expect(encodeShareRequestBody(parsed)).to.deep.equal(body);
      const id = shareRequestDigest(domainOf(requests.domain), parsed.request);
      expect(id).to.equal(digest);
      expect(recover(id, parsed.signature)).to.equal(signer);
      expect(parsed.request.requester).to.equal(signer);
    });
  }

  const sessions = read<{
    domain: FrozenDomain;
    delegations: Texts<"signer" | "digest" | "bytes">[];
    authorship: Texts<"signer" | "headerHash" | "cid" | "digest" | "signature">;
  }>("sessions");
  for (const [i, { signer, digest, bytes }] of sessions.delegations.entries()) {
    it(`delegation ${i}`, () => {
      const signed = parseDelegation(hexToBytes(bytes));
      expect(bytesToHex(encodeDelegation(signed))).to.equal(bytes);
      const hash = readingSessionDigest(domainOf(sessions.domain), signed.session);
      expect(hash).to.equal(digest);
      expect(signed.session.requester).to.equal(signer);
      expect(recover(hash, signed.signature)).to.equal(signer);
    });
  }

  it("statement of authorship", () => {
    const { signer, headerHash, cid, digest, signature } = sessions.authorship;
    const hash = authorshipDigest(domainOf(sessions.domain), { headerHash: parseHash32(headerHash), cid: hexToBytes(cid) });
    expect(hash).to.equal(digest);
    expect(recover(hash, hexToBytes(signature))).to.equal(signer);
  });

  const answers = read<{
    domain: FrozenDomain;
    identity: string;
    header: string;
    readerKey: string;
    answers: { context: string; digest: string; body: ShareAnswerBody }[];
  }>("answers");
  for (const [i, { context, digest, body }] of answers.answers.entries()) {
    it(`answer and receipt ${i}`, () => {
      const parsed = parseShareAnswer(body);
      const { receipt } = parsed.receipt;
      expect(encodeShareAnswer(parsed)).to.deep.equal(body);
      expect(bytesToHex(answerContextOf(receipt))).to.equal(context);
      expect(receiptDigest(domainOf(answers.domain), receipt)).to.equal(digest);
      const { u } = parseHeader(hexToBytes(answers.header)).ciphertext;
      const statement = {
        verifyingShare: parsed.verifyingShare,
        u,
        readerKey: parsePoint(hexToBytes(answers.readerKey)),
        context: hexToBytes(context),
      };
      expect(verifyShareAnswer(statement, parsed.answer)).to.equal(true);
      const identity = parseAddress(answers.identity);
      expect(
        verifyReceipt({ domain: domainOf(answers.domain), signed: parsed.receipt, identity, expected: receipt, recover }),
      ).to.deep.equal({ kind: "valid" });
    });
  }

  it("names", () => {
    const names = read<{
      keyId: Texts<"chainId" | "keyGeneration" | "requester" | "salt" | "result">;
      documentId: Texts<"owner" | "salt" | "result">;
      requestId: FrozenDomain & {
        statement: Texts<"number" | "document" | "headerHash" | "requester" | "readerKey" | "contextHash">;
        result: string;
      };
      epochKeyMessage: Texts<"chainId" | "registry" | "operator" | "result"> & { epoch: number; slot: number };
      rank: { id: string; slots: number[]; ranks: number[] };
    }>("names");
    const { keyId, documentId, requestId, epochKeyMessage, rank } = names;
    const keyParts = {
      keyGeneration: parseAddress(keyId.keyGeneration),
      requester: parseAddress(keyId.requester),
      salt: parseHash32(keyId.salt),
    };
    expect(keyIdOf({ chainId: BigInt(keyId.chainId), ...keyParts })).to.equal(keyId.result);
    expect(documentIdOf(parseAddress(documentId.owner), parseHash32(documentId.salt))).to.equal(documentId.result);
    const statement = {
      number: BigInt(requestId.statement.number),
      document: parseDocumentId(requestId.statement.document),
      headerHash: parseHash32(requestId.statement.headerHash),
      requester: parseAddress(requestId.statement.requester),
      readerKey: hexToBytes(requestId.statement.readerKey),
      contextHash: parseHash32(requestId.statement.contextHash),
    };
    expect(requestIdOf({ ...domainOf(requestId), statement })).to.equal(requestId.result);
    const epochParts = { registry: parseAddress(epochKeyMessage.registry), operator: parseAddress(epochKeyMessage.operator) };
    const { epoch, slot } = epochKeyMessage;
    expect(bytesToHex(epochKeyMessageOf({ chainId: BigInt(epochKeyMessage.chainId), epoch, slot, ...epochParts }))).to.equal(
      epochKeyMessage.result,
    );
    expect(rank.slots.map((slot) => rankOf(parseRequestId(rank.id), slot, rank.slots))).to.deep.equal(rank.ranks);
  });

  it("when a frozen byte is changed, this test should notice", async () => {
    const [first] = envelopes;
    const bytes = hexToBytes(first?.bytes ?? "0x");
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const open = async () =>
      openEnvelope({ bytes: inPieces(bytes), contentSecret: hexToBytes(first?.contentSecret ?? "0x"), cipher: nodeCipher });
    expect(await codeOf(open)).to.equal("INVALID_ENVELOPE");
  });
});
