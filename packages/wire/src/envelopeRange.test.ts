import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { alice, codeOf, encryptFor, fixedRandom, inPieces, nodeCipher, readAll } from "./actors.test.ts";
import { sealBody } from "./body.ts";
import type { RangeSource } from "./bodyRange.ts";
import { SEALED_CHUNK_BYTES } from "./chunks.ts";
import { sealEnvelope } from "./envelope.ts";
import { openEnvelopeRange } from "./envelopeRange.ts";
import { BODY_OFFSET } from "./envelopeStart.ts";
import { headerHashOf } from "./header.ts";
import type { DocumentMetadata } from "./metadata.ts";

const { header, contentSecret } = encryptFor(alice.address);
/** Plaintext bytes before the content of `{"kind":"file"}`. */
const PREFIX = 4 + 15;
const FIRST_CHUNK = BODY_OFFSET + 56;
/** What is read before any part can be: start with the longest metadata, commitment, first chunk. */
const HEAD = BODY_OFFSET + 4 + 4096 + 56 + SEALED_CHUNK_BYTES;

const contentOf = (length: number): Uint8Array => fixedRandom(`range ${length}`)(length);
const seal = (content: Uint8Array, metadata: DocumentMetadata = { kind: "file" }): Promise<Uint8Array> =>
  readAll(sealEnvelope({ header, contentSecret, metadata, content: inPieces(content), cipher: nodeCipher }));

/** Bytes that count what is fetched of them. */
const counting = (bytes: Uint8Array, size = bytes.length) => {
  const fetched: { offset: number; length: number }[] = [];
  const source: RangeSource = {
    size,
    read: (range) => {
      fetched.push(range);
      return inPieces(bytes.slice(range.offset, range.offset + range.length), 3000);
    },
  };
  return { source, fetched };
};
const open = (source: RangeSource, secret = contentSecret) => openEnvelopeRange({ source, contentSecret: secret, cipher: nodeCipher });
const readRange = async (bytes: Uint8Array, range: { offset?: number; length?: number }, size?: number): Promise<Uint8Array> =>
  readAll((await open(counting(bytes, size).source)).read(range));

describe("Parts of an envelope", () => {
  const length = 20 * 16384 + 777;
  const content = contentOf(length);
  let bytes: Uint8Array;
  before(async () => {
    bytes = await seal(content);
  });

  it("when any part is read, it should be that part of the content", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(length), fc.nat(length), async (a, b) => {
        const [offset, end] = [Math.min(a, b), Math.max(a, b)];
        expect(Buffer.compare(await readRange(bytes, { offset, length: end - offset }), content.subarray(offset, end))).to.equal(0);
      }),
      { numRuns: casesFor(60) },
    );
  });

  const boundaries = [0, 1, 16384 - PREFIX - 1, 16384 - PREFIX, 16384 - PREFIX + 1, 17 * 16384 - PREFIX, length - 1, length];
  for (const [i, offset] of boundaries.entries()) {
    it(`when a part begins at ${offset}, it should end where it is wanted to`, async () => {
      for (const end of boundaries.slice(i)) {
        const part = await readRange(bytes, { offset, length: end - offset });
        expect(Buffer.compare(part, content.subarray(offset, end)), `to ${end}`).to.equal(0);
      }
      expect(Buffer.compare(await readRange(bytes, { offset }), content.subarray(offset))).to.equal(0);
    });
  }

  it("when it is opened, header, metadata and size should be known from one fetch", async () => {
    const { source, fetched } = counting(bytes);
    const opened = await open(source);
    expect(opened.size).to.equal(length);
    expect(opened.metadata).to.deep.equal({ kind: "file" });
    expect(headerHashOf(opened.header)).to.equal(headerHashOf(header));
    expect(fetched).to.deep.equal([{ offset: 0, length: HEAD }]);
  });

  it("when a part is read, only the chunks that hold it should be fetched", async () => {
    const { source, fetched } = counting(bytes);
    const opened = await open(source);
    await readAll(opened.read({ offset: 10 * 16384 - PREFIX, length: 16385 }));
    expect(fetched.slice(1)).to.deep.equal([{ offset: FIRST_CHUNK + 10 * SEALED_CHUNK_BYTES, length: 2 * SEALED_CHUNK_BYTES }]);
    await readAll(opened.read({ offset: 5 * 16384, length: 0 }));
    expect(fetched.length).to.equal(2);
    await readAll(opened.read({ offset: length - 1 }));
    expect(fetched[2]).to.deep.equal({ offset: FIRST_CHUNK + 20 * SEALED_CHUNK_BYTES, length: 777 + PREFIX + 16 });
  });

  it("when a part ends where the last chunk is empty, that chunk should be opened too", async () => {
    const whole = contentOf(2 * 16384 - PREFIX);
    const even = await seal(whole);
    const { source, fetched } = counting(even);
    const opened = await open(source);
    expect(Buffer.compare(await readAll(opened.read({ offset: whole.length - 5 })), whole.subarray(-5))).to.equal(0);
    expect(fetched[1]).to.deep.equal({ offset: FIRST_CHUNK + SEALED_CHUNK_BYTES, length: SEALED_CHUNK_BYTES + 16 });
  });

  for (const small of [0, 1, 16384 - PREFIX]) {
    it(`when the content has ${small} bytes, all of it should be readable`, async () => {
      const whole = contentOf(small);
      expect(Buffer.compare(await readRange(await seal(whole), {}), whole)).to.equal(0);
      expect(await codeOf(async () => readRange(await seal(whole), { length: small + 1 }))).to.equal("INVALID_RANGE");
    });
  }

  const impossible: readonly (readonly [string, { offset?: number; length?: number }])[] = [
    ["begins behind the end", { offset: length + 1 }],
    ["ends behind the end", { offset: length - 10, length: 11 }],
    ["begins before the start", { offset: -1, length: 5 }],
    ["has a negative length", { offset: 5, length: -1 }],
    ["is not a number", { offset: Number.NaN }],
    ["has a length that is no number", { length: Number.NaN }],
    ["is endless", { length: Number.POSITIVE_INFINITY }],
    ["begins within a byte", { offset: 1.5, length: 1 }],
    ["overflows", { offset: Number.MAX_SAFE_INTEGER, length: Number.MAX_SAFE_INTEGER }],
    ["is a text", { offset: "0" as never, length: 5 }],
    ["would wrap a 32-bit counter", { offset: 2 ** 32 * 16384, length: 1 }],
  ];
  for (const [what, range] of impossible) {
    it(`when the part ${what}, it should be refused`, async () => {
      expect(await codeOf(() => readRange(bytes, range))).to.equal("INVALID_RANGE");
    });
  }

  it("when a chunk of the part is changed, it should be refused, and other parts be readable", async () => {
    const changed = Uint8Array.from(bytes);
    const at = FIRST_CHUNK + 7 * SEALED_CHUNK_BYTES + 100;
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(await codeOf(() => readRange(changed, { offset: 7 * 16384, length: 10 }))).to.equal("INVALID_ENVELOPE");
    expect(await codeOf(() => readRange(changed, { offset: 9 * 16384, length: 10 }))).to.equal("no error");
  });

  it("when chunks are exchanged, it should be refused", async () => {
    const changed = Uint8Array.from(bytes);
    const chunkAt = (i: number): number => FIRST_CHUNK + i * SEALED_CHUNK_BYTES;
    changed.set(bytes.subarray(chunkAt(3), chunkAt(4)), chunkAt(4));
    expect(await codeOf(() => readRange(changed, { offset: 4 * 16384, length: 10 }))).to.equal("INVALID_ENVELOPE");
  });

  describe("when the source lies about its size", () => {
    const cuts = [
      ["a whole chunk away", 777 + PREFIX + 16],
      ["a chunk and some away", 777 + PREFIX + 16 + 100],
      ["a byte away", 1],
    ] as const;
    for (const [what, less] of cuts) {
      it(`and cuts ${what}, its end should not be believed, also when a part behind it is wanted`, async () => {
        const short = bytes.slice(0, -less);
        expect(await codeOf(async () => readAll((await open(counting(short).source)).read({ offset: 0 })))).to.equal("INVALID_ENVELOPE");
        expect(await codeOf(() => readRange(short, { offset: length - 5, length: 5 }))).to.equal("INVALID_ENVELOPE");
      });
    }
    it("and says more than it has, it should be refused where it has no more", async () => {
      expect(await codeOf(() => readRange(bytes, { offset: 0 }, bytes.length + 50_000))).to.equal("INVALID_ENVELOPE");
      expect(await codeOf(() => readRange(bytes, {}, bytes.length + 1))).to.equal("INVALID_ENVELOPE");
    });
    it("and its metadata says the size, it should be refused at once", async () => {
      const sized = await seal(content, { kind: "file", size: length });
      expect((await open(counting(sized).source)).size).to.equal(length);
      expect(await codeOf(() => open(counting(sized, sized.length - 1).source))).to.equal("INVALID_ENVELOPE");
      expect(await codeOf(() => open(counting(sized.slice(0, -5000)).source))).to.equal("INVALID_ENVELOPE");
    });
    for (const size of [-1, Number.NaN, 1.5, 2 ** 53]) {
      it(`and its size is ${size}, it should be refused`, async () => {
        expect(await codeOf(() => open(counting(bytes, size).source))).to.equal("INVALID_VALUE");
      });
    }
    it("and its size needs more chunks than can be numbered, it should be refused", async () => {
      const endless = FIRST_CHUNK + 2 ** 32 * SEALED_CHUNK_BYTES + 20;
      expect(await codeOf(() => open(counting(bytes, endless).source))).to.equal("INVALID_ENVELOPE");
    });
  });

  it("when it is cut anywhere before its first chunk's end, it should be refused", async () => {
    for (const at of [0, 4, BODY_OFFSET - 1, BODY_OFFSET, FIRST_CHUNK - 1, FIRST_CHUNK, FIRST_CHUNK + 15, FIRST_CHUNK + 300]) {
      expect(await codeOf(() => open(counting(bytes.slice(0, at)).source)), `at ${at}`).to.equal("INVALID_ENVELOPE");
    }
  });

  it("when the secret is another's, or was erased in the meantime, it should be refused", async () => {
    const other = encryptFor(alice.address, { seed: "another" }).contentSecret;
    expect(await codeOf(() => open(counting(bytes).source, other))).to.equal("WRONG_CONTENT_SECRET");
    const erased = Uint8Array.from(contentSecret);
    const opened = await open(counting(bytes).source, erased);
    erased.fill(0);
    expect(await codeOf(() => readAll(opened.read({ length: 1 })))).to.equal("WRONG_CONTENT_SECRET");
  });

  it("when the metadata in it is impossible, it should be refused", async () => {
    const start = bytes.subarray(0, BODY_OFFSET);
    const body = await readAll(
      sealBody({ contentSecret, headerHash: headerHashOf(header), plaintext: inPieces(new Uint8Array(3)), cipher: nodeCipher }),
    );
    expect(await codeOf(() => open(counting(Uint8Array.from(Buffer.concat([start, body]))).source))).to.equal("INVALID_METADATA");
  });

  it("when reading a part stops early, the source should be closed", async () => {
    let isClosed = false;
    const { source } = counting(bytes);
    const opened = await open({
      ...source,
      read: async function* (range) {
        try {
          yield* source.read(range);
        } finally {
          isClosed = true;
        }
      },
    });
    isClosed = false;
    const part = opened.read({ offset: 0 });
    await part.next();
    await part.return(undefined);
    expect(isClosed).to.equal(true);
  });
});
