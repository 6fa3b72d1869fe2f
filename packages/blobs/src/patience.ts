import type { KeyquorumError } from "@keyquorum/wire";

/** How often and how long a remote store that may recover is asked again for one block. All of it is bounded, whatever the store says. */
export type Patience = {
  /** How often each store is asked for one block, the first time included. Default 4. */
  readonly attempts: number;
  /** No pause ends later than so many milliseconds after the first question about a block. Default 60 000. */
  readonly totalMs: number;
  /** The first pause; each one is twice as long as the one before. A Retry-After header asks for more. Default 500. */
  readonly pauseMs: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** Throws the signal's reason when it aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
};

const sleep: Patience["sleep"] = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error); // whatever the caller gave
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });

export const patienceOf = (given: Partial<Patience> = {}): Patience => ({
  attempts: 4,
  totalMs: 60_000,
  pauseMs: 500,
  now: () => performance.now(),
  sleep,
  ...given,
});

/** A store's last answer to a question, where it gave none that is one. */
export type Failure<S> = { readonly store: S; readonly error: KeyquorumError };

/**
 * Asks stores in their order until one answers. When all have failed, those whose failure may pass are asked again, after a pause: growing, and as long
 * as they ask for by Retry-After. A store that asked for time is left in peace by all questions at once, and where there are others they come first.
 */
export const createPatientAsker = <S>(patience: Patience) => {
  const { attempts, totalMs, pauseMs, now, sleep: pause } = patience;
  const paused = new Map<S, { readonly until: number; readonly error: KeyquorumError }>();
  const waitOf = (store: S): number => Math.max(0, (paused.get(store)?.until ?? 0) - now());

  return async <T>(
    stores: readonly S[],
    one: (store: S) => Promise<T>,
    {
      signal,
      failureOf,
      onFailure,
    }: {
      readonly signal: AbortSignal | undefined;
      /** The failure as an error of ours. Throws what is none of the store's: the caller's own reason. */
      readonly failureOf: (error: unknown) => KeyquorumError;
      /** Told of every failure, also of those that pass. */
      readonly onFailure?: (failure: Failure<S>) => void;
    },
  ): Promise<{ readonly value: T } | { readonly failures: readonly Failure<S>[] }> => {
    const end = now() + totalMs;
    const failures = new Map<S, Failure<S>>();
    let waiting = [...stores];
    for (let attempt = 1; ; attempt++) {
      const round = waiting.toSorted((a, b) => waitOf(a) - waitOf(b));
      waiting = [];
      for (const store of round) {
        const wait = waitOf(store);
        const last = paused.get(store);
        if (last !== undefined && now() + wait > end) {
          failures.set(store, { store, error: last.error });
          continue;
        }
        if (wait > 0) await pause(wait, signal);
        try {
          return { value: await one(store) };
        } catch (caught) {
          const error = failureOf(caught);
          failures.set(store, { store, error });
          onFailure?.({ store, error });
          if (!error.retryable) continue;
          const asked = Number(error.details.retryAfterMs ?? 0);
          if (asked > 0) paused.set(store, { until: now() + Math.min(asked, totalMs), error });
          if (asked <= totalMs) waiting.push(store);
        }
      }
      const next = pauseMs * 2 ** (attempt - 1);
      if (waiting.length === 0 || attempt >= attempts || now() + next > end) return { failures: [...failures.values()] };
      await pause(next, signal);
    }
  };
};
