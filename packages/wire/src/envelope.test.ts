import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { alice, codeOf, encryptFor, fixedRandom, inPieces, nodeCipher, readAll } from "./actors.test.ts";
import { sealBody } from "./body.ts";
import { BATCH_CHUNKS, type ChunkCipher, SEALED_CHUNK_BYTES } from "./chunks.ts";
import { envelopeLength, openEnvelope, sealEnvelope } from "./envelope.ts";
import { BODY_OFFSET, readEnvelopeHeader } from "./envelopeStart.ts";
import { headerHashOf } from "./header.ts";
import type { DocumentMetadata } from "./metadata.ts";

const { header, contentSecret } = encryptFor(alice.address);
const metadata: DocumentMetadata = { kind: "text" };
/** Plaintext bytes before the content: the length and {"kind":"text"}. */
const PREFIX = 4 + 15;
const FIRST_CHUNK = BODY_OFFSET + 24 + 32;

const contentOf = (length: number): Uint8Array => fixedRandom(`content ${length}`)(length);
const seal = (content: Uint8Array, pieces = 5000, seed = "salt"): Promise<Uint8Array> =>
  readAll(
    sealEnvelope({ header, contentSecret, metadata, content: inPieces(content, pieces), cipher: nodeCipher, random: fixedRandom(seed) }),
  );
const open = async (bytes: Uint8Array, pieces = 5000, secret = contentSecret): Promise<Uint8Array> => {
  const opened = await openEnvelope({ bytes: inPieces(bytes, pieces), contentSecret: secret, cipher: nodeCipher });
  return readAll(opened.content);
};
/** An envelope with this plaintext, metadata included, as it is. */
const sealPlaintext = async (plaintext: Uint8Array): Promise<Uint8Array> => {
  const start = (await seal(new Uint8Array(0))).subarray(0, BODY_OFFSET);
  const body = sealBody({ contentSecret, headerHash: headerHashOf(header), plaintext: inPieces(plaintext), cipher: nodeCipher });
  return join(start, await readAll(body));
};
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

describe("An envelope", () => {
  const lengths = [0, 1, 16384 - PREFIX - 1, 16384 - PREFIX, 16384 - PREFIX + 1, 2 * 16384 - PREFIX, 50_000];
  const batches = [16, 17, 32, 33].flatMap((chunks) => [-1, 0, 1].map((more) => chunks * 16384 - PREFIX + more));
  for (const length of [...lengths, ...batches]) {
    it(`when its content has ${length} bytes, it should give the same back, and have the length that is foretold`, async () => {
      const content = contentOf(length);
      const bytes = await seal(content);
      expect(bytes.length).to.equal(envelopeLength(metadata, length));
      const opened = await openEnvelope({ bytes: inPieces(bytes), contentSecret, cipher: nodeCipher });
      expect(opened.metadata).to.deep.equal(metadata);
      expect(headerHashOf(opened.header)).to.equal(headerHashOf(header));
      expect(Buffer.compare(await readAll(opened.content), content)).to.equal(0);
    });
  }

  it("when pieces come in any size, it should be the same envelope and the same content", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(600_000),
        fc.integer({ min: 100, max: 40_000 }),
        fc.integer({ min: 100, max: 40_000 }),
        async (length, a, b) => {
          const content = contentOf(length);
          const bytes = await seal(content, a);
          expect(Buffer.compare(bytes, await seal(content, b))).to.equal(0);
          expect(Buffer.compare(await open(bytes, b), content)).to.equal(0);
        },
      ),
      { numRuns: casesFor(20) },
    );
  });

  it("when only its header is wanted, it should be read and the source be closed", async () => {
    let isClosed = false;
    const bytes = await seal(contentOf(100_000));
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(bytes, 100);
      } finally {
        isClosed = true;
      }
    }
    expect(headerHashOf(await readEnvelopeHeader(source()))).to.equal(headerHashOf(header));
    expect(isClosed).to.equal(true);
  });

  it("when it is sealed twice, the salts and so the bodies should differ", async () => {
    const sealOnce = () => readAll(sealEnvelope({ header, contentSecret, metadata, content: inPieces(contentOf(10)), cipher: nodeCipher }));
    const [one, other] = [await sealOnce(), await sealOnce()];
    expect(Buffer.compare(one.subarray(0, BODY_OFFSET), other.subarray(0, BODY_OFFSET))).to.equal(0);
    expect(Buffer.compare(one.subarray(BODY_OFFSET, FIRST_CHUNK), other.subarray(BODY_OFFSET, FIRST_CHUNK))).to.not.equal(0);
    expect(Buffer.compare(one.subarray(FIRST_CHUNK), other.subarray(FIRST_CHUNK))).to.not.equal(0);
  });

  it("when any byte of it changes, it should be refused", async () => {
    const bytes = await seal(contentOf(20));
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      expect(["INVALID_ENVELOPE", "INVALID_HEADER", "WRONG_CONTENT_SECRET"], `byte ${at}`).to.include(await codeOf(() => open(changed)));
    }
  });

  it("when it is cut at any boundary, or anywhere, it should be refused (attack 45)", async () => {
    const bytes = await seal(contentOf(2 * 16384 - PREFIX + 100));
    const boundaries = [0, 1, 4, 5, BODY_OFFSET - 1, BODY_OFFSET, BODY_OFFSET + 24, FIRST_CHUNK];
    const chunks = [0, 1, 2].map((i) => FIRST_CHUNK + i * SEALED_CHUNK_BYTES);
    const around = chunks.flatMap((at) => [at - 16, at - 1, at, at + 1, at + 15, at + 16, at + 17]);
    for (const at of [...boundaries, ...around, bytes.length - 16, bytes.length - 1]) {
      if (at >= bytes.length) throw new Error("not a cut");
      expect(await codeOf(() => open(bytes.slice(0, at))), `cut at ${at}`).to.equal("INVALID_ENVELOPE");
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (at) => {
        expect(await codeOf(() => open(bytes.slice(0, at)))).to.equal("INVALID_ENVELOPE");
      }),
      { numRuns: casesFor(50) },
    );
  });

  it("when its empty last chunk is cut off, it should be refused (attack 45)", async () => {
    const bytes = await seal(contentOf(2 * 16384 - PREFIX));
    expect(bytes.length).to.equal(FIRST_CHUNK + 2 * SEALED_CHUNK_BYTES + 16);
    expect(await codeOf(() => open(bytes.slice(0, -16)))).to.equal("INVALID_ENVELOPE");
  });

  it("when chunks are exchanged, repeated, left out or added, it should be refused (attack 45)", async () => {
    const bytes = await seal(contentOf(3 * 16384 - PREFIX + 100));
    const start = bytes.slice(0, FIRST_CHUNK);
    const chunk = (i: number): Uint8Array => bytes.slice(FIRST_CHUNK + i * SEALED_CHUNK_BYTES, FIRST_CHUNK + (i + 1) * SEALED_CHUNK_BYTES);
    const orders = [[1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 1, 2, 3], [0, 2, 3], [0, 3], [3], [0, 1, 2, 3, 3], [0, 1, 2, 3, 0]];
    expect(await codeOf(() => open(join(start, ...[0, 1, 2, 3].map(chunk))))).to.equal("no error");
    for (const order of orders)
      expect(await codeOf(() => open(join(start, ...order.map(chunk)))), order.join()).to.equal("INVALID_ENVELOPE");
    expect(await codeOf(() => open(join(bytes, Uint8Array.of(0))))).to.equal("INVALID_ENVELOPE");
    expect(await codeOf(() => open(join(bytes, new Uint8Array(16384))))).to.equal("INVALID_ENVELOPE");
  });

  it("when the secret is another's, no chunk should be opened (D36)", async () => {
    let opened = 0;
    const counting: ChunkCipher = {
      ...nodeCipher,
      open: (...parameters) => {
        opened++;
        return nodeCipher.open(...parameters);
      },
    };
    const bytes = await seal(contentOf(100));
    const wrong = encryptFor(alice.address, { seed: "another" }).contentSecret;
    expect(await codeOf(() => openEnvelope({ bytes: inPieces(bytes), contentSecret: wrong, cipher: counting }))).to.equal(
      "WRONG_CONTENT_SECRET",
    );
    expect(opened).to.equal(0);
    expect(await codeOf(() => open(bytes, 5000, new Uint8Array(31)))).to.equal("INVALID_VALUE");
  });

  describe("when its metadata says how long the content is", () => {
    const content = contentOf(40_000);
    const sealSized = (size: number) =>
      readAll(sealEnvelope({ header, contentSecret, metadata: { kind: "file", size }, content: inPieces(content), cipher: nodeCipher }));
    /** By somebody who does not check: sealEnvelope would. */
    const sealLie = (size: number) => {
      const json = new TextEncoder().encode(`{"kind":"file","size":${size}}`);
      return sealPlaintext(join(Uint8Array.of(0, 0, 0, json.length), json, content));
    };

    it("it should be checked and given back", async () => {
      expect(Buffer.compare(await open(await sealSized(40_000)), content)).to.equal(0);
      expect(Buffer.compare(await open(await sealLie(40_000)), content)).to.equal(0);
    });
    for (const size of [0, 39_999, 40_001]) {
      it(`and it is not ${size} bytes, writing it should fail before its last chunk, and reading it at its end at the latest`, async () => {
        expect(await codeOf(() => sealSized(size))).to.equal("INVALID_METADATA");
        const opened = await openEnvelope({ bytes: inPieces(await sealLie(size)), contentSecret, cipher: nodeCipher });
        let read = 0;
        const code = await codeOf(async () => {
          for await (const piece of opened.content) read += piece.length;
        });
        expect(code).to.equal("INVALID_METADATA");
        expect(read).to.be.at.most(Math.min(size, 40_000));
      });
    }
  });

  it("when a body is put behind another version's header, it should be refused", async () => {
    const other = encryptFor(alice.address, { seed: "second version" });
    const bytes = await seal(contentOf(100));
    const otherBytes = await readAll(
      sealEnvelope({
        header: other.header,
        contentSecret: other.contentSecret,
        metadata,
        content: inPieces(contentOf(100)),
        cipher: nodeCipher,
      }),
    );
    expect(await codeOf(() => open(join(otherBytes.subarray(0, BODY_OFFSET), bytes.subarray(BODY_OFFSET))))).to.equal(
      "WRONG_CONTENT_SECRET",
    );
  });

  it("when metadata in it is oversize or overlong, it should be refused", async () => {
    // Sealed by hand: sealEnvelope would refuse to.
    for (const length of [4097, 0xffff_ffff, 50]) {
      const plaintext = new Uint8Array(20);
      new DataView(plaintext.buffer).setUint32(0, length);
      expect(await codeOf(async () => open(await sealPlaintext(plaintext))), String(length)).to.equal("INVALID_METADATA");
    }
    expect(await codeOf(async () => open(await sealPlaintext(new Uint8Array(3))))).to.equal("INVALID_METADATA");
    const overlong = join(Uint8Array.of(0, 0, 0, 16), new TextEncoder().encode('{"kind":"text"}'));
    expect(await codeOf(async () => open(await sealPlaintext(overlong)))).to.equal("INVALID_METADATA");
    expect(await codeOf(async () => open(await sealPlaintext(overlong.with(3, 15))))).to.equal("no error");
  });

  it("when content is read, no more than a batch should be read ahead, and stopping early should close the source", async () => {
    const bytes = await seal(contentOf(1_000_000));
    let pulled = 0;
    let isClosed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for await (const piece of inPieces(bytes, 1000)) {
          pulled += piece.length;
          yield piece;
        }
      } finally {
        isClosed = true;
      }
    }
    const { content } = await openEnvelope({ bytes: source(), contentSecret, cipher: nodeCipher });
    await content.next();
    expect(pulled).to.be.below(FIRST_CHUNK + SEALED_CHUNK_BYTES + 1000);
    await content.next();
    expect(pulled).to.be.below(FIRST_CHUNK + (1 + BATCH_CHUNKS) * SEALED_CHUNK_BYTES + 1000);
    await content.return(undefined);
    expect(isClosed).to.equal(true);
  });

  it("when content is never read, its return should still close the source", async () => {
    let isClosed = false;
    const bytes = await seal(contentOf(100_000));
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(bytes);
      } finally {
        isClosed = true;
      }
    }
    const { content } = await openEnvelope({ bytes: source(), contentSecret, cipher: nodeCipher });
    await content.return(undefined);
    expect(isClosed).to.equal(true);
  });

  it("when it is written, content should be read no more than a batch ahead, and its failure be passed on", async () => {
    let pulled = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled += 1000;
        if (pulled > 1_000_000) throw Object.assign(new Error("the camera broke"), { code: "CAMERA" });
        yield new Uint8Array(1000);
      }
    }
    const sealing = sealEnvelope({ header, contentSecret, metadata, content: source(), cipher: nodeCipher });
    for (let i = 0; i < 3; i++) await sealing.next();
    expect(pulled).to.be.below(BATCH_CHUNKS * 16384 + 2000);
    expect(await codeOf(() => readAll(sealing))).to.equal("CAMERA");
  });
});
