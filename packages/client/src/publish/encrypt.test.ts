import { encryptShare, G, randomScalar, SecretScalar, secureRandom } from "@keyquorum/threshold";
import { documentIdOf, type Hash32, headerHashOf, KeyquorumError, verifyHeader } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { readAll, single } from "../content/bytes.ts";
import { decryptDocument } from "../content/decrypt.ts";
import { createWebCipher } from "../content/webCipher.ts";
import { codeOf } from "../fakes/errorOf.ts";
import { createFakeKey } from "../fakes/fakeKey.ts";
import { verified } from "../fakes/verified.ts";
import { nodeChunkCipher } from "../node/nodeChunkCipher.ts";
import { openShares } from "../read/openShares.ts";
import type { DocumentContent, EncryptedDocument } from "../types.ts";
import { type EncryptionContext, encryptDocument } from "./encrypt.ts";

const dice = rollDice("client/encrypt");

const { key, committee } = createFakeKey({ members: 3, threshold: 1 });
const cipher = createWebCipher();
const context: EncryptionContext = {
  chainId: 31337n,
  documentRegistry: `0x${"aa".repeat(20)}` as never,
  keyId: key.keyId,
  publicKey: key.publicKey,
  owner: `0x${"ab".repeat(20)}` as never,
  initialPermissions: `0x${"cc".repeat(20)}` as never,
};
const encrypt = (content: DocumentContent, options = {}): EncryptedDocument => encryptDocument(content, context, { cipher, ...options });
const bytesOf = (encrypted: EncryptedDocument): Promise<Uint8Array> => readAll(encrypted.envelope, 2 ** 30, () => new Error("too long"));

/** What keepers 1 and 3 would do, without a network. */
const secretOf = ({ header, headerHash }: EncryptedDocument): Uint8Array => {
  const readerSecret = SecretScalar.from(randomScalar(dice.bytes));
  const readerKey = G.multiply(readerSecret.reveal());
  const answers = committee
    .filter(({ slot }) => slot !== 2)
    .map(({ slot, share, verifyingShare }) => {
      const about = { u: header.ciphertext.u, readerKey, context: new Uint8Array(32).fill(slot) };
      return { slot, verifyingShare, context: about.context, answer: encryptShare({ ...about, share, nonceKey: secureRandom(32) }) };
    });
  expect(headerHash).to.equal(headerHashOf(header));
  const asked = { u: header.ciphertext.u, readerKey };
  return openShares({ header, key, readerSecret, answers: verified(asked, answers) }).contentSecret;
};

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

describe("A document, offline", () => {
  const large = Uint8Array.from([...secureRandom(50_000), ...secureRandom(50_000)]);
  const contents: Readonly<Record<string, { readonly content: DocumentContent; readonly kind: string; readonly bytes: Uint8Array }>> = {
    "a text": { content: "größer than ASCII", kind: "text", bytes: new TextEncoder().encode("größer than ASCII") },
    "an empty text": { content: "", kind: "text", bytes: new Uint8Array() },
    "a JSON value": { content: { json: { list: [1, null, "x"] } }, kind: "json", bytes: new TextEncoder().encode('{"list":[1,null,"x"]}') },
    bytes: { content: large, kind: "file", bytes: large },
    "a Blob": { content: new Blob([Uint8Array.from(large)], { type: "image/png" }), kind: "file", bytes: large },
    "a stream": { content: new Blob([Uint8Array.from(large)]).stream(), kind: "file", bytes: large },
    "an async iterable": { content: pieces(large, 999), kind: "file", bytes: large },
    "a named file": { content: { file: pieces(large, 20_000), name: "rings.png", mediaType: "image/png" }, kind: "file", bytes: large },
  };
  for (const [name, { content, kind, bytes }] of Object.entries(contents)) {
    it(`round trip of ${name}`, async () => {
      const encrypted = encrypt(content);
      expect(verifyHeader(encrypted.header, key.publicKey)).to.equal(true);
      expect(encrypted.document).to.equal(documentIdOf(context.owner, encrypted.salt));
      const opened = await decryptDocument({ envelope: encrypted.envelope, contentSecret: secretOf(encrypted), cipher });
      expect(opened.metadata.kind).to.equal(kind);
      expect(Buffer.compare(await opened.bytes(), bytes)).to.equal(0);
    });
  }

  it("keeps name and media type, of the file or as given", async () => {
    const encrypted = encrypt({ file: single(large), name: "a.bin", mediaType: "x/y" }, { name: "b.bin" });
    expect(encrypted.metadata).to.deep.equal({ kind: "file", name: "b.bin", mediaType: "x/y" });
    const opened = await decryptDocument({ envelope: encrypted.envelope, contentSecret: secretOf(encrypted), cipher });
    expect(opened.metadata).to.deep.equal(encrypted.metadata);
  });

  it("reads JSON back as a value", async () => {
    const encrypted = encrypt({ json: { a: [1] } });
    expect(
      await (await decryptDocument({ envelope: encrypted.envelope, contentSecret: secretOf(encrypted), cipher })).json(),
    ).to.deep.equal({ a: [1] });
  });

  it("is opened by node:crypto too", async () => {
    const encrypted = encrypt("both ways");
    const opened = await decryptDocument({ envelope: encrypted.envelope, contentSecret: secretOf(encrypted), cipher: nodeChunkCipher });
    expect(await opened.text()).to.equal("both ways");
    const back = encryptDocument("and back", context, { cipher: nodeChunkCipher });
    expect(await (await decryptDocument({ envelope: back.envelope, contentSecret: secretOf(back), cipher })).text()).to.equal("and back");
  });

  it("has a fresh salt, id and header each time, and the given salt when one is given", () => {
    expect(encrypt("x").document).not.to.equal(encrypt("x").document);
    const salt = `0x${"5a".repeat(32)}` as Hash32;
    const [first, second] = [encrypt("x", { salt }), encrypt("x", { salt })];
    expect(first.document).to.equal(second.document);
    expect(first.headerHash).not.to.equal(second.headerHash);
  });

  it("refuses what is not a document", () => {
    for (const content of [undefined, null, 7, {}, { json: undefined }, { json: () => 1 }]) {
      expect(() => encrypt(content as never))
        .to.throw(KeyquorumError)
        .with.property("code", "INVALID_VALUE");
    }
  });

  it("can be read only once, and says so", async () => {
    const encrypted = encrypt("once");
    const secret = secretOf(encrypted);
    const envelope = await bytesOf(encrypted);
    expect(await codeOf(bytesOf(encrypted))).to.equal("INVALID_VALUE");
    const opened = await decryptDocument({ envelope: single(envelope), contentSecret: secret, cipher });
    await opened.bytes();
    expect(await codeOf(opened.bytes())).to.equal("INVALID_VALUE");
  });

  describe("when the ciphertext is not what it should be", () => {
    let envelope: Uint8Array;
    let contentSecret: Uint8Array;
    let headerHash: Hash32;
    before(async () => {
      const encrypted = encrypt(large);
      contentSecret = secretOf(encrypted);
      headerHash = encrypted.headerHash;
      envelope = await bytesOf(encrypted);
    });
    const open = async (bytes: Uint8Array, secret = contentSecret): Promise<Uint8Array> =>
      (await decryptDocument({ envelope: pieces(bytes, 4_096), contentSecret: secret, cipher, headerHash })).bytes();

    it("opens it untouched (the control)", async () => {
      expect(Buffer.compare(await open(envelope), large)).to.equal(0);
    });
    for (const [where, at] of Object.entries({ "its commitment": 323 + 24, "its first chunk": 323 + 56 + 9, "its last byte": -1 })) {
      it(`refuses a flipped bit in ${where}`, async () => {
        const bytes = Uint8Array.from(envelope);
        const index = at < 0 ? bytes.length + at : at;
        bytes[index] = (bytes[index] ?? 0) ^ 1;
        expect(await codeOf(open(bytes))).to.equal(where === "its commitment" ? "WRONG_CONTENT_SECRET" : "INVALID_ENVELOPE");
      });
    }
    it("refuses a cut, an extension and bytes that are no envelope", async () => {
      expect(await codeOf(open(envelope.subarray(0, -40)))).to.equal("INVALID_ENVELOPE");
      expect(await codeOf(open(Uint8Array.from([...envelope, 0])))).to.equal("INVALID_ENVELOPE");
      expect(await codeOf(open(new TextEncoder().encode("hello".repeat(100))))).to.equal("INVALID_ENVELOPE");
    });
    it("refuses another document's envelope, by its header or by its secret", async () => {
      const other = encrypt(large);
      const otherSecret = secretOf(other);
      const otherEnvelope = await bytesOf(other);
      expect(await codeOf(open(otherEnvelope, otherSecret))).to.equal("INVALID_HEADER");
      expect(await codeOf(open(otherEnvelope))).to.equal("WRONG_CONTENT_SECRET");
      expect(await codeOf(open(envelope, otherSecret))).to.equal("WRONG_CONTENT_SECRET");
    });
    it("reads no more than it is allowed to", async () => {
      const opened = await decryptDocument({ envelope: single(envelope), contentSecret, cipher });
      expect(await codeOf(opened.bytes(1_000))).to.equal("CONTENT_TOO_LARGE");
    });
    it("says that bytes are no text or no JSON", async () => {
      const reopen = () => decryptDocument({ envelope: single(envelope), contentSecret, cipher });
      expect(await codeOf((await reopen()).text())).to.equal("INVALID_VALUE");
      const text = encrypt("not JSON");
      expect(await codeOf((await decryptDocument({ envelope: text.envelope, contentSecret: secretOf(text), cipher })).json())).to.equal(
        "INVALID_VALUE",
      );
    });
    it("stops when the caller aborts", async () => {
      const aborting = new AbortController();
      const opened = await decryptDocument({ envelope: pieces(envelope, 4_096), contentSecret, cipher, signal: aborting.signal });
      aborting.abort(new Error("enough"));
      const error = await opened.bytes().catch((caught: unknown) => caught);
      expect(error).to.have.property("message", "enough");
    });
  });

  it("answers under another key do not combine", () => {
    const foreign = createFakeKey({ members: 3, threshold: 1 });
    const encrypted = encrypt("x");
    const readerSecret = SecretScalar.from(randomScalar(dice.bytes));
    const about = { u: encrypted.header.ciphertext.u, readerKey: G.multiply(readerSecret.reveal()), context: new Uint8Array(32) };
    const answers = foreign.committee.map(({ slot, share, verifyingShare }) => ({
      slot,
      verifyingShare,
      context: about.context,
      answer: encryptShare({ ...about, share, nonceKey: secureRandom(32) }),
    }));
    expect(() => openShares({ header: encrypted.header, key, readerSecret, answers: verified(about, answers) }))
      .to.throw(KeyquorumError)
      .with.property("code", "BAD_ANSWER");
  });
});
