/** A stream's pieces until the signal aborts, then the signal's reason at once, even while the source hangs. */
export async function* untilAborted(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  signal?.addEventListener("abort", stop, { once: true });
  let isDone = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await Promise.race([pieces.next(), aborted]);
      signal?.throwIfAborted();
      if (next === undefined || next.done === true) {
        isDone = true;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    isDone = signal?.aborted !== true; // a source that threw is finished
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    // Not awaited: a source that hangs would hang here too.
    if (!isDone) void Promise.resolve(pieces.return?.()).catch(() => undefined);
  }
}

/** What the work gives, or the signal's reason as soon as it aborts, even while the work hangs. */
export const orAborted = async <T>(work: Promise<T>, signal?: AbortSignal): Promise<T> => {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
    aborted.catch(() => undefined);
    work.catch(() => undefined);
  }
};
