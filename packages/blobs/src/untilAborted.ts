/**
 * Copies a stream's pieces until the signal aborts, then throws the signal's reason at once, even while the source hangs.
 * A copy, because sources may use their buffer again while a piece is still held.
 */
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
      yield Uint8Array.from(next.value);
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
