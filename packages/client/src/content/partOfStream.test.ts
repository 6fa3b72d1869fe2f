import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { codeOf } from "../fakes/errorOf.ts";
import { contentPart } from "./contentPart.ts";
import { partOfStream } from "./partOfStream.ts";

const content = Uint8Array.from({ length: 100 }, (_, i) => i);

describe("A part of a stream", () => {
  let pulled = 0;
  let isClosed = false;
  async function* stream(size: number): AsyncGenerator<Uint8Array> {
    [pulled, isClosed] = [0, false];
    try {
      for (let at = 0; at < content.length; at += size) {
        pulled += size;
        yield content.slice(at, at + size);
      }
    } finally {
      isClosed = true;
    }
  }
  const part = (size: number, range: { offset?: number; length?: number }): Promise<Uint8Array> =>
    contentPart(() => partOfStream(stream(size), range)).bytes();

  it("is that part, however the stream is cut", async () => {
    for (const size of [1, 7, 10, 100]) {
      for (const [offset, length] of [
        [0, 100],
        [0, 0],
        [100, 0],
        [9, 1],
        [10, 10],
        [5, 30],
        [99, 1],
      ] as const) {
        expect(await part(size, { offset, length }), `${size}: ${offset}, ${length}`).to.deep.equal(content.slice(offset, offset + length));
      }
      expect(await part(size, { offset: 90 })).to.deep.equal(content.slice(90));
      expect(await part(size, {})).to.deep.equal(content);
    }
  });

  it("does not read on behind it, and closes the stream", async () => {
    await part(10, { offset: 20, length: 15 });
    expect(pulled).to.be.at.most(40);
    expect(isClosed).to.equal(true);
  });

  for (const range of [
    { offset: 101 },
    { offset: 50, length: 51 },
    { offset: -1 },
    { length: -1 },
    { offset: 0.5 },
    { length: Number.NaN },
  ]) {
    it(`is refused when it is ${JSON.stringify(range)}`, async () => {
      expect(await codeOf(part(7, range))).to.equal("INVALID_RANGE");
    });
  }

  it("passes the stream's failure on", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield content;
      throw new KeyquorumError("INVALID_ENVELOPE");
    }
    expect(await codeOf(contentPart(() => partOfStream(failing(), { offset: 99, length: 1 })).bytes())).to.equal("INVALID_ENVELOPE");
    expect(await codeOf(contentPart(() => partOfStream(failing(), { offset: 10, length: 5 })).bytes())).to.equal("no error");
  });
});
