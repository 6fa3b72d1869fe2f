import { abortReason } from "../abort.ts";

/** Those who wait for something by its id. */
export type Waiters<T> = {
  /** Rejects with the signal's reason when it aborts. */
  readonly wait: (id: string, signal?: AbortSignal) => Promise<T>;
  readonly ids: () => readonly string[];
  readonly resolve: (id: string, value: T) => void;
  readonly reject: (id: string, error: Error) => void;
  readonly rejectAll: (error: Error) => void;
};

type Waiter<T> = { readonly resolve: (value: T) => void; readonly reject: (error: Error) => void };

export const createWaiters = <T>(): Waiters<T> => {
  const waiting = new Map<string, Set<Waiter<T>>>();
  const take = (id: string): readonly Waiter<T>[] => {
    const taken = [...(waiting.get(id) ?? [])];
    waiting.delete(id);
    return taken;
  };
  const reject = (id: string, error: Error): void => {
    for (const waiter of take(id)) waiter.reject(error);
  };
  return {
    wait: (id, signal) =>
      new Promise((resolve, refuse) => {
        if (signal?.aborted) return refuse(abortReason(signal));
        const onAbort = (): void => {
          waiting.get(id)?.delete(waiter);
          if (signal !== undefined) refuse(abortReason(signal));
        };
        const done = (): void => signal?.removeEventListener("abort", onAbort);
        const waiter: Waiter<T> = {
          resolve: (value) => {
            done();
            resolve(value);
          },
          reject: (error) => {
            done();
            refuse(error);
          },
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.set(id, (waiting.get(id) ?? new Set()).add(waiter));
      }),
    ids: () => [...waiting.keys()],
    resolve: (id, value) => {
      for (const waiter of take(id)) waiter.resolve(value);
    },
    reject,
    rejectAll: (error) => {
      for (const id of [...waiting.keys()]) reject(id, error);
    },
  };
};
