import { bytesOfPiece } from "./pieces.ts";

/**
 * Reads a stream of pieces of any size in portions of the reader's choice, holding no more than a portion and a piece. A piece is copied from before
 * the next one is asked for, so the source may then use its buffer again.
 */
export type ByteReader = {
  /** Up to `length` bytes; fewer only at the end of the stream. The result is the caller's own. */
  readonly read: (length: number) => Promise<Uint8Array>;
  /** Fills `target` and returns how many bytes of it; fewer than all only at the end of the stream. */
  readonly readInto: (target: Uint8Array) => Promise<number>;
  /** Tells the source that no more is wanted, so that it can free what it holds. Safe to call again. */
  readonly close: () => Promise<void>;
};

/** Starts reading `source`. Whoever starts reading also closes. */
export const createByteReader = (source: AsyncIterable<Uint8Array>): ByteReader => {
  const pieces = source[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array(0);
  let used = 0;
  let isDone = false;

  const readInto = async (target: Uint8Array): Promise<number> => {
    let filled = 0;
    while (filled < target.length) {
      if (used === piece.length) {
        if (isDone) break;
        const next = await pieces.next();
        if (next.done === true) {
          isDone = true;
          break;
        }
        piece = bytesOfPiece(next.value);
        used = 0;
        continue;
      }
      const take = Math.min(target.length - filled, piece.length - used);
      target.set(piece.subarray(used, used + take), filled);
      used += take;
      filled += take;
    }
    return filled;
  };

  const read = async (length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    const filled = await readInto(bytes);
    return filled === length ? bytes : bytes.slice(0, filled);
  };

  const close = async (): Promise<void> => {
    if (isDone) return;
    isDone = true;
    piece = new Uint8Array(0);
    used = 0;
    await pieces.return?.();
  };

  return { read, readInto, close };
};
