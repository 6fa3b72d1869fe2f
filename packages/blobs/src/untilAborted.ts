/** A stream's pieces until the signal aborts, then the signal's reason at once, even while the source hangs. */
export async function* untilAborted(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      // One promise for each piece: one for all of them would hold every piece that was ever raced with it.
      const next = await orAborted(pieces.next(), signal);
      if (next.done === true) {
        isDone = true;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    isDone = signal?.aborted !== true; // a source that threw is finished
    throw error;
  } finally {
    // Not awaited: a source that hangs would hang here too.
    if (!isDone) void Promise.resolve(pieces.return?.()).catch(() => undefined);
  }
}

/** What the work gives, or the signal's reason as soon as it aborts, even while the work hangs. */
export const orAborted = async <T>(work: Promise<T>, signal?: AbortSignal): Promise<T> => {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  signal.addEventListener("abort", stop, { once: true });
  work.catch(() => undefined); // when the signal is faster, nobody else looks at it
  try {
    signal.throwIfAborted();
    const done = await Promise.race([work.then((value) => ({ value })), aborted]);
    if (done !== undefined) return done.value;
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", stop);
  }
};
