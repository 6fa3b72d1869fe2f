import { END_BYTES, FRAME_HEADER_BYTES, FROM_CHILD, MAX_CALL_BYTES, MAX_OUTPUT_FRAME_BYTES } from "../child/frames.ts";

export type Frame = { readonly type: number; readonly payload: Buffer };

/** The least and the most bytes of each type's payload. */
const LENGTHS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [FROM_CHILD.ready, [0, 0]],
  [FROM_CHILD.compiled, [0, 0]],
  [FROM_CHILD.stdout, [1, MAX_OUTPUT_FRAME_BYTES]],
  [FROM_CHILD.stderr, [1, MAX_OUTPUT_FRAME_BYTES]],
  [FROM_CHILD.call, [1, MAX_CALL_BYTES]],
  [FROM_CHILD.end, [END_BYTES, END_BYTES]],
]);

/**
 * Cuts what a child sends into frames. A type that there is not, or a length that the type cannot have, is seen in the header, before a byte of the
 * payload is kept: `undefined`, and nothing after it is read.
 */
export const createFrameReader = (): ((chunk: Buffer) => readonly Frame[] | undefined) => {
  let held: Buffer[] = [];
  let bytes = 0;
  let isBroken = false;
  const take = (count: number): Buffer => {
    const all = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held); // one by the line's condition
    held = [all.subarray(count)];
    bytes -= count;
    return all.subarray(0, count);
  };
  let header: { readonly type: number; readonly length: number } | undefined;
  return (chunk) => {
    const frames: Frame[] = [];
    held.push(chunk);
    bytes += chunk.length;
    while (!isBroken) {
      if (header === undefined) {
        if (bytes < FRAME_HEADER_BYTES) return frames;
        const head = take(FRAME_HEADER_BYTES);
        header = { type: head.readUInt8(0), length: head.readUInt32LE(1) };
        const [least, most] = LENGTHS.get(header.type) ?? [1, 0];
        isBroken = header.length < least || header.length > most;
        if (isBroken) break;
      }
      if (bytes < header.length) return frames;
      frames.push({ type: header.type, payload: Buffer.from(take(header.length)) });
      header = undefined;
    }
    held = [];
    return undefined;
  };
};
