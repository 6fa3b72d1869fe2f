import { expect } from "chai";
import { alice, encryptFor, fixedRandom, inPieces, nodeCipher, readAll } from "./actors.test.ts";
import { BATCH_CHUNKS, CHUNK_BYTES } from "./chunks.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import { borrowed, lending } from "./lentPieces.ts";

/** Ones, then twos, then threes, all in the same memory. */
async function* lent(): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(4);
  for (const value of [1, 2, 3]) yield memory.fill(value);
}
const collected = async (pieces: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> => {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
};

describe("A stream that lends its memory", () => {
  it("gives pieces that stay as they are to whoever collects them", async () => {
    expect((await collected(lending(lent()))).map((piece) => [...piece].join(""))).to.deep.equal(["1111", "2222", "3333"]);
  });

  it("gives its own memory to whoever borrows, again and again", async () => {
    const pieces = await collected(borrowed(lending(lent())));
    expect(new Set(pieces.map(({ buffer }) => buffer)).size).to.equal(1);
    expect(pieces.length).to.equal(3);
  });

  it("closes its source when its reader stops early, borrowed or not", async () => {
    let closed = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* lent();
      } finally {
        closed += 1;
      }
    }
    for await (const _ of lending(source())) break;
    for await (const _ of borrowed(lending(source()))) break;
    expect(closed).to.equal(2);
  });

  it("is any other stream as it is where nothing is lent", () => {
    const pieces = lent();
    expect(borrowed(pieces)).to.equal(pieces);
  });
});

describe("An envelope that lends its memory", () => {
  const { header, contentSecret } = encryptFor(alice.address);
  const content = fixedRandom("content")(3 * BATCH_CHUNKS * CHUNK_BYTES + 100);
  const seal = (lends: boolean): AsyncGenerator<Uint8Array> =>
    sealEnvelope({
      header,
      contentSecret,
      metadata: { kind: "text" },
      content: inPieces(content),
      cipher: nodeCipher,
      random: fixedRandom("salt"),
      lends,
    });
  /** Copies of all pieces, and in how much memory those of whole batches lay. */
  const read = async (pieces: AsyncIterable<Uint8Array>): Promise<readonly [bytes: Buffer, memories: number]> => {
    const [copies, memories]: [Uint8Array[], Set<ArrayBufferLike>] = [[], new Set()];
    for await (const piece of pieces) {
      copies.push(piece.slice());
      if (piece.length >= BATCH_CHUNKS * CHUNK_BYTES) memories.add(piece.buffer);
    }
    return [Buffer.concat(copies), memories.size];
  };

  it("is byte for byte what it is otherwise, and opens to the same, with one piece of memory either way", async () => {
    const own = await readAll(seal(false));
    const [sealed, memories] = await read(seal(true));
    expect(Buffer.compare(sealed, own)).to.equal(0);
    expect(memories).to.equal(1);
    const opened = await openEnvelope({ bytes: inPieces(own), contentSecret, cipher: nodeCipher, lends: true });
    const [plaintext, openedIn] = await read(opened.content);
    expect(Buffer.compare(plaintext, content)).to.equal(0);
    expect(openedIn).to.equal(1);
  });

  it("when its reader stops, the content that was lent is erased", async () => {
    const opened = await openEnvelope({ bytes: seal(true), contentSecret, cipher: nodeCipher, lends: true });
    let held: Uint8Array | undefined;
    for await (const piece of opened.content) {
      if (piece.length < BATCH_CHUNKS * CHUNK_BYTES) continue;
      held = piece;
      expect(Buffer.compare(piece.subarray(0, 32), new Uint8Array(32))).to.not.equal(0);
      break;
    }
    expect(held?.every((byte) => byte === 0)).to.equal(true);
  });
});
