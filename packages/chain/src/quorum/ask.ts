import { asError } from "../abort.ts";
import { revertBytes } from "../calls.ts";
import type { Clock } from "../clock.ts";
import { ChainUnavailableError, RpcError } from "../errors.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";

/** One method call, put to several providers. */
export type Ask = {
  readonly rpcs: readonly Rpc[];
  readonly method: string;
  readonly params: readonly unknown[];
  readonly options?: RpcOptions | undefined;
};

/** What one provider said. */
export type Said = { readonly kind: "result"; readonly result: unknown } | { readonly kind: "error"; readonly error: Error };

/** More than half: 1 of 1, 2 of 2, 2 of 3, 3 of 5. */
export const majorityOf = (count: number): number => Math.floor(count / 2) + 1;

/** How answers are compared. */
export type Agreement = {
  /** What has to be the same of a result. Throws for a malformed one. */
  readonly keyOf: (result: unknown) => string;
  /** One result of those that are the same in what counts. Default: the last one heard. */
  readonly merge?: (results: readonly unknown[]) => unknown;
};

/**
 * What more than half of the providers say, as soon as that many say the same. A node's error counts as an answer too: reverts by their data, others by
 * their number; it is then thrown.
 * Throws `ChainUnavailableError` DISAGREEMENT, or the first failure where fewer than a majority answered at all.
 */
export const agree = ({ rpcs, method, params, options = {} }: Ask, { keyOf, merge = lastOf }: Agreement): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const needed = majorityOf(rpcs.length);
    const votes = new Map<string, number>();
    const results = new Map<string, unknown[]>();
    const failures: Error[] = [];
    const rest = linkedController(options.signal);
    let answered = 0;
    const settle = (finish: () => void): void => {
      finish();
      rest.dispose();
    };
    const count = (key: string, finish: () => void): void => {
      const sum = (votes.get(key) ?? 0) + 1;
      votes.set(key, sum);
      if (sum >= needed) settle(finish);
    };
    const onSaid = (said: Said): void => {
      answered += 1;
      const vote = voteOf(said, keyOf);
      if (vote === undefined)
        failures.push(
          said.kind === "error" ? said.error : new ChainUnavailableError("BAD_RESPONSE", `A node's answer to ${method} is malformed.`),
        );
      else if (said.kind === "error") count(vote, () => reject(said.error));
      else {
        const same = [...(results.get(vote) ?? []), said.result];
        results.set(vote, same);
        count(vote, () => resolve(merge(same)));
      }
      if (answered < rpcs.length) return;
      const tooFew = rpcs.length - failures.length < needed ? failures[0] : undefined;
      settle(() => reject(tooFew ?? disagreement(method, votes, rpcs.length))); // no effect where it is settled
    };
    for (const rpc of rpcs) said(rpc, method, params, { ...options, signal: rest.signal }).then(onSaid, reject);
  });

const lastOf = (results: readonly unknown[]): unknown => results.at(-1);

/**
 * What the providers say: all of them, or those that said it `graceMs` after a majority had, so that one that hangs holds nobody up.
 * Order of the list is the order of the providers; undefined: nothing yet.
 */
export const collect = (
  { rpcs, method, params, options = {} }: Ask,
  clock: Clock,
  graceMs: number,
): Promise<readonly (Said | undefined)[]> =>
  new Promise((resolve, reject) => {
    const heard: (Said | undefined)[] = rpcs.map(() => undefined);
    const rest = linkedController(options.signal);
    const finish = (): void => {
      resolve([...heard]);
      rest.dispose();
    };
    let graceStarted = false;
    rpcs.forEach((rpc, index) => {
      said(rpc, method, params, { ...options, signal: rest.signal }).then((answer) => {
        heard[index] = answer;
        if (heard.every((one) => one !== undefined)) return finish();
        if (graceStarted || heard.filter((one) => one?.kind === "result").length < majorityOf(rpcs.length)) return;
        graceStarted = true;
        clock.sleep(graceMs, rest.signal).then(finish, reject);
      }, reject);
    });
  });

export const disagreement = (method: string, votes: ReadonlyMap<string, number>, providers: number): ChainUnavailableError =>
  new ChainUnavailableError(
    "DISAGREEMENT",
    `No majority of the ${providers} RPC providers gives the same answer to ${method}. Check each of them.`,
    {
      details: { method, providers, different: votes.size },
    },
  );

const said = async (rpc: Rpc, method: string, params: readonly unknown[], options: RpcOptions): Promise<Said> => {
  try {
    return { kind: "result", result: await rpc.send(method, params, options) };
  } catch (error) {
    return { kind: "error", error: asError(error) };
  }
};

/** What a provider's answer counts as; undefined: it counts as none. */
const voteOf = (said: Said, keyOf: (result: unknown) => string): string | undefined => {
  if (said.kind === "error") {
    if (!(said.error instanceof RpcError)) return undefined;
    const revert = revertBytes(said.error);
    return revert === undefined ? `error ${said.error.rpcCode}` : `revert ${revert}`;
  }
  try {
    return `result ${keyOf(said.result)}`;
  } catch {
    return undefined; // malformed: the strict readers refused it
  }
};

/** Aborts with the caller's signal; `dispose` aborts what still runs and lets go of the caller's signal. */
const linkedController = (signal: AbortSignal | undefined): { readonly signal: AbortSignal; readonly dispose: () => void } => {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    dispose: () => {
      signal?.removeEventListener("abort", onAbort);
      controller.abort(new Error("A majority has answered."));
    },
  };
};
