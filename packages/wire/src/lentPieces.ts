/** Where a stream keeps its other way of being read. */
const LENT = Symbol();

/**
 * A stream of pieces that lie in memory which is used again as soon as the next piece is asked for, for readers who know it (`borrowed`); to everybody
 * else it gives copies, each the reader's own. Megabytes of short-lived copies cost as much as encrypting them does: the collector looks at the whole
 * heap for every 32 MiB.
 */
export const lending = (lent: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => {
  const pieces = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      for await (const piece of lent) yield new Uint8Array(piece);
    },
    [LENT]: lent,
  };
  return pieces;
};

/** A stream for a reader that is done with each piece when it asks for the next one, and holds none: without copies where it can be had. */
export const borrowed = (pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
  (pieces as { readonly [LENT]?: AsyncIterable<Uint8Array> })[LENT] ?? pieces;
