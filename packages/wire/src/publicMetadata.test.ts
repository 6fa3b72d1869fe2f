import { expect } from "chai";
import { alice, codeOf, encryptFor, fixedRandom, inPieces, nodeCipher, readAll } from "./actors.test.ts";
import { envelopeLength, openEnvelope, sealEnvelope } from "./envelope.ts";
import { openEnvelopeRange } from "./envelopeRange.ts";
import { BODY_OFFSET, readEnvelopeHeader, readEnvelopeStart } from "./envelopeStart.ts";
import { headerHashOf } from "./header.ts";
import { type DocumentMetadata, encodeMetadata } from "./metadata.ts";

const { header, contentSecret } = encryptFor(alice.address);
const content = fixedRandom("content")(50_000);
const metadata: DocumentMetadata = { kind: "file", name: "rings.png", mediaType: "image/png", size: 50_000 };
const seal = (isMetadataPublic: boolean): Promise<Uint8Array> =>
  readAll(sealEnvelope({ header, contentSecret, metadata, isMetadataPublic, content: inPieces(content), cipher: nodeCipher }));
const open = async (bytes: Uint8Array): Promise<Uint8Array> =>
  readAll((await openEnvelope({ bytes: inPieces(bytes), contentSecret, cipher: nodeCipher })).content);
const openRange = (bytes: Uint8Array) =>
  openEnvelopeRange({
    source: { size: bytes.length, read: ({ offset, length }) => inPieces(bytes.slice(offset, offset + length)) },
    contentSecret,
    cipher: nodeCipher,
  });
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const u32 = (value: number): Uint8Array => Uint8Array.from([24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff));

describe("Public metadata of an envelope", () => {
  let shown: Uint8Array;
  let hidden: Uint8Array;
  before(async () => {
    [shown, hidden] = await Promise.all([seal(true), seal(false)]);
  });
  const json = encodeMetadata(metadata);

  it("when the author shows it, it should be read without a secret, and the document be the same", async () => {
    const start = await readEnvelopeStart(inPieces(shown, 7));
    expect(start.publicMetadata).to.deep.equal(metadata);
    expect(start.bodyOffset).to.equal(BODY_OFFSET + 4 + json.length);
    expect(headerHashOf(start.header)).to.equal(headerHashOf(header));
    expect(headerHashOf(await readEnvelopeHeader(inPieces(shown)))).to.equal(headerHashOf(header));
    expect(shown.length).to.equal(envelopeLength(metadata, content.length, true));
    expect(Buffer.compare(await open(shown), content)).to.equal(0);
  });

  it("when the author does not, nothing of it should stand in the envelope", async () => {
    expect(await readEnvelopeStart(inPieces(hidden))).to.deep.equal({ header, bodyOffset: BODY_OFFSET });
    expect(Buffer.from(hidden).includes("rings.png")).to.equal(false);
    expect(Buffer.from(shown).includes("rings.png")).to.equal(true);
    expect((await openEnvelope({ bytes: inPieces(hidden), contentSecret, cipher: nodeCipher })).isMetadataPublic).to.equal(false);
  });

  const other = (text: string): Uint8Array => {
    const changed = new TextEncoder().encode(text);
    return join(shown.subarray(0, BODY_OFFSET), u32(changed.length), changed, shown.subarray(BODY_OFFSET + 4 + json.length));
  };
  const changes: readonly (readonly [string, () => Uint8Array])[] = [
    ["another name of the same length", () => other(new TextDecoder().decode(json).replace("rings", "kings"))],
    ["another name", () => other('{"kind":"file","name":"x.exe"}')],
    ["another spelling of the same values", () => other(new TextDecoder().decode(json).replace("{", "{ "))],
    ["another size", () => other(new TextDecoder().decode(json).replace("50000", "40000"))],
  ];
  for (const [what, change] of changes) {
    it(`when whoever stores it puts ${what} there, a reader should refuse it`, async () => {
      expect((await readEnvelopeStart(inPieces(change()))).publicMetadata).to.have.property("kind", "file");
      expect(await codeOf(() => open(change()))).to.equal("INVALID_ENVELOPE");
      expect(await codeOf(() => openRange(change()))).to.equal("INVALID_ENVELOPE");
    });
  }

  it("when somebody shows what the author hid, a reader should take it only if it is the same", async () => {
    const added = (text: Uint8Array): Uint8Array => {
      const start = hidden.slice(0, BODY_OFFSET);
      start[4] = 1;
      return join(start, u32(text.length), text, hidden.subarray(BODY_OFFSET));
    };
    expect(Buffer.compare(await open(added(json)), content)).to.equal(0);
    expect(await codeOf(() => open(added(encodeMetadata({ kind: "text" }))))).to.equal("INVALID_ENVELOPE");
  });

  it("when it is no metadata, too long or cut, it should be refused before a secret is used", async () => {
    const start = (length: number, rest: Uint8Array): Uint8Array => join(shown.subarray(0, BODY_OFFSET), u32(length), rest);
    const read = (bytes: Uint8Array) => codeOf(() => readEnvelopeStart(inPieces(bytes)));
    expect(await read(start(0, hidden))).to.equal("INVALID_METADATA");
    expect(await read(start(4097, new Uint8Array(5000).fill(0x20)))).to.equal("INVALID_METADATA");
    expect(await read(start(0xffff_ffff, new Uint8Array(5000)))).to.equal("INVALID_METADATA");
    expect(await read(other('{"kind":"file","path":"/etc/passwd"}'))).to.equal("INVALID_METADATA");
    expect(await read(start(100, new Uint8Array(99)))).to.equal("INVALID_ENVELOPE");
    expect(await read(shown.subarray(0, BODY_OFFSET + 3))).to.equal("INVALID_ENVELOPE");
    expect(await codeOf(() => openRange(shown.subarray(0, BODY_OFFSET + 3)))).to.equal("INVALID_ENVELOPE");
  });

  for (const flags of [2, 3, 4, 0x81, 0xff]) {
    it(`when its flags are ${flags}, it should be refused`, async () => {
      const bytes = Uint8Array.from(shown);
      bytes[4] = flags;
      expect(await codeOf(() => open(bytes))).to.equal("INVALID_ENVELOPE");
      expect(await codeOf(() => readEnvelopeHeader(inPieces(bytes)))).to.equal("INVALID_ENVELOPE");
    });
  }

  it("when its flag is set or cleared and nothing else changes, it should be refused", async () => {
    for (const [bytes, flags] of [
      [shown, 0],
      [hidden, 1],
    ] as const) {
      const changed = Uint8Array.from(bytes);
      changed[4] = flags;
      expect(["INVALID_ENVELOPE", "INVALID_METADATA", "WRONG_CONTENT_SECRET"]).to.include(await codeOf(() => open(changed)));
    }
  });

  it("when any byte of what is shown changes, it should be refused", async () => {
    for (let at = BODY_OFFSET; at < BODY_OFFSET + 4 + json.length; at++) {
      const changed = Uint8Array.from(shown);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(["INVALID_ENVELOPE", "INVALID_METADATA", "WRONG_CONTENT_SECRET"], `byte ${at}`).to.include(await codeOf(() => open(changed)));
    }
  });
});
