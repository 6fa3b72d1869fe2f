import { AsyncLocalStorage } from "node:async_hooks";
import { ChainUnavailableError, type Rpc } from "@keyquorum/chain";
import { KeyquorumError } from "@keyquorum/wire";

/**
 * The time that one HTTP request may take, and what is bounded by it. The parts lie inside each other, so that who asks is told UNAVAILABLE before the
 * connection is cut: a try of the RPC (a third of the time, so that a hanging one is tried again) < all tries < the answer < the request.
 */
export type RequestTime = {
  /**
   * Does a request's work. Calls by a bounded RPC end after four fifths of the time; after nine tenths it throws KeyquorumError UNAVAILABLE. Inside
   * another one it has a time of its own: what several requests wait for does not end with the one that happened to begin it.
   */
  readonly within: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** The RPC, whose calls inside `within` end with it. Elsewhere it is as it was. */
  readonly bounded: (rpc: Rpc) => Rpc;
};

export const createRequestTime = (options: {
  /** Milliseconds after which the server cuts a request's connection. */
  readonly requestTimeout: number;
  /** Milliseconds for one try of the RPC elsewhere. */
  readonly rpcTimeout: number;
}): RequestTime => {
  const current = new AsyncLocalStorage<AbortSignal>();
  const forTries = Math.floor(options.requestTimeout * 0.8);
  const forAnswer = Math.floor(options.requestTimeout * 0.9);
  const forOneTry = Math.min(options.rpcTimeout, Math.floor(forTries / 3));

  /** Runs work whose bounded calls end in time; whoever waits for it is let go in time even where a call does not end. */
  const limited = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const calls = new AbortController();
    let letGo: (error: Error) => void = () => undefined;
    const over = new Promise<never>((_, reject) => {
      letGo = reject;
    });
    const timers = [
      setTimeout(() => calls.abort(tooSlow(forTries)), forTries),
      setTimeout(
        () => letGo(new KeyquorumError("UNAVAILABLE", undefined, { details: { reason: "TIMEOUT" }, cause: tooSlow(forAnswer) })),
        forAnswer,
      ),
    ];
    try {
      return await Promise.race([current.run(calls.signal, work), over]);
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  };

  return {
    within: limited,
    bounded: (rpc) => ({
      send: (method, params, callOptions = {}) => {
        const limit = current.getStore();
        if (limit === undefined) return rpc.send(method, params, callOptions);
        const signal = callOptions.signal === undefined ? limit : AbortSignal.any([limit, callOptions.signal]);
        return rpc.send(method, params, { ...callOptions, signal, timeoutMs: Math.min(forOneTry, callOptions.timeoutMs ?? forOneTry) });
      },
    }),
  };
};

const tooSlow = (milliseconds: number): ChainUnavailableError =>
  new ChainUnavailableError(
    "TIMEOUT",
    `The chain was not asked to an end within the ${milliseconds} ms that a request may take. Check the RPC.`,
    {
      details: { milliseconds },
    },
  );
