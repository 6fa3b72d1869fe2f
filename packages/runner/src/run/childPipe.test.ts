import { expect } from "chai";
import fc from "fast-check";
import { END_BYTES, FROM_CHILD, joinParts, MAX_CALL_BYTES, MAX_OUTPUT_FRAME_BYTES, splitParts } from "../child/frames.ts";
import { createFrameReader } from "./childPipe.ts";

const header = (type: number, length: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt32LE(length, 1);
  return bytes;
};
const frame = (type: number, payload: Uint8Array): Buffer => Buffer.concat([header(type, payload.length), payload]);

describe("Frames from a child", () => {
  it("when they come in pieces of any size, they should be the same frames", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        (payloads, size) => {
          const [read, bytes] = [createFrameReader(), Buffer.concat(payloads.map((payload) => frame(FROM_CHILD.stdout, payload)))];
          const found: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += size)
            found.push(...(read(bytes.subarray(at, at + size)) ?? []).map(({ payload }) => payload));
          expect(found.map((payload) => payload.toString("hex"))).to.deep.equal(
            payloads.map((payload) => Buffer.from(payload).toString("hex")),
          );
        },
      ),
    );
  });

  for (const [what, type, length] of [
    ["a type that there is not", 99, 1],
    ["type 0", 0, 0],
    ["an empty output", FROM_CHILD.stdout, 0],
    ["an output of more than a frame may hold", FROM_CHILD.stderr, MAX_OUTPUT_FRAME_BYTES + 1],
    ["a call of 4 GiB", FROM_CHILD.call, 0xffff_ffff],
    ["a call of one byte too many", FROM_CHILD.call, MAX_CALL_BYTES + 1],
    ["an end that is too long", FROM_CHILD.end, END_BYTES + 1],
    ["an end that is too short", FROM_CHILD.end, END_BYTES - 1],
    ["a READY with bytes", FROM_CHILD.ready, 1],
  ] as const) {
    it(`when the header has ${what}, it should be the end of it, before any payload`, () => {
      const read = createFrameReader();
      expect(read(header(type, length))).to.equal(undefined);
      expect(read(frame(FROM_CHILD.end, Buffer.alloc(END_BYTES)))).to.equal(undefined);
    });
  }

  it("parts should be split as they were joined, and any bytes should split or be refused", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }), (parts) => {
        expect(splitParts(joinParts(parts))?.map((part) => [...part])).to.deep.equal(parts.map((part) => [...part]));
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void splitParts(bytes)));
    expect(splitParts(Uint8Array.of(255, 255, 255, 255, 1))).to.equal(undefined);
  });
});
