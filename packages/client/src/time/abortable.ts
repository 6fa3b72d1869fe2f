import { type Clock, reasonOf } from "./clock.ts";

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it aborts.
 * What `work` does after that is ignored, so a party that never answers cannot hold the caller.
 */
export const abortable = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
};

/** A signal that the caller's signal or a timeout aborts; `dispose` frees what it holds. */
export type LimitedSignal = {
  readonly signal: AbortSignal;
  readonly abort: (reason: Error) => void;
  readonly dispose: () => void;
};

/** Joins the caller's signal with a time limit, whose error `onTimeout` makes. */
export const limitedSignal = (options: {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly onTimeout: () => Error;
  readonly clock: Clock;
}): LimitedSignal => {
  const { signal, timeoutMs, onTimeout, clock } = options;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal === undefined ? undefined : reasonOf(signal));
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const cancel = clock.after(timeoutMs, () => controller.abort(onTimeout()));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    dispose: () => {
      cancel();
      signal?.removeEventListener("abort", onAbort);
    },
  };
};
