import { abortReason } from "../abort.ts";
import { isRead, type RpcOptions } from "../rpc.ts";
import { nextTurn } from "../turns.ts";
import { type Call, type Endpoint, isTrouble, postTo, unavailable } from "./endpoint.ts";
import { resultIn } from "./readAnswer.ts";
import { readBatch } from "./readBatch.ts";

/** Calls of one batch. Providers that limit batches take at least so many, or none that is worth it. */
export const MOST_IN_BATCH = 20;
/** How long an endpoint that answers no batches is asked one by one before it is asked for a batch again: it may have been replaced. */
export const ALONE_MILLISECONDS = 600_000;
/** So many questions of a batch are answered in one turn of the event loop. */
const ANSWERS_AT_ONCE = 4;
/** Calls in a row that failed in a batch and went through alone: then the endpoint counts as one that answers no batches. */
const MOST_FAILED = 3;

/** Asks one endpoint, several questions in one request where that can be. */
export type Batches = {
  /** One attempt at a call. `isAgain`: an attempt failed before, and this one goes by itself. Throws `RpcError` or `ChainUnavailableError`. */
  readonly ask: (call: Call, options: RpcOptions, isAgain: boolean) => Promise<unknown>;
};

type Asked = {
  readonly call: Call;
  readonly options: RpcOptions;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Collects the questions of one turn of the event loop and sends them together (JSON-RPC 2.0, section 6). Only what reads goes with others, and only
 * what is answered in few bytes. An answer belongs to a question by its id alone; a batch that is not answered with exactly one answer for each of its
 * questions is no answer to any of them.
 */
export const createBatches = (endpoint: Endpoint, alone: (call: Call, options: RpcOptions) => Promise<unknown>): Batches => {
  const { clock } = endpoint;
  let waiting: Asked[] = [];
  let [aloneUntil, failed] = [0, 0];

  const goesAlone = (): boolean => {
    const left = aloneUntil - clock.now();
    return left > 0 && left <= ALONE_MILLISECONDS; // a moment further ahead was set before the clock was corrected
  };
  const refuse = (): void => {
    [aloneUntil, failed] = [clock.now() + ALONE_MILLISECONDS, 0];
  };

  const askTogether = async (asked: readonly Asked[]): Promise<void> => {
    const controller = new AbortController();
    const open = new Set(asked);
    const letGo = asked.map((one) => letGoOf(one, open, controller));
    const timeoutMs = asked[0]?.options.timeoutMs ?? endpoint.timeoutMs;
    const calls = asked.map(({ call }) => call);
    const posted = await postTo(endpoint, calls, { controller, timeoutMs });
    for (const dispose of letGo) dispose();

    const read = isTrouble(posted) ? ({ kind: "failed", trouble: posted } as const) : readBatch(calls, posted);
    if (read.kind === "refused") {
      refuse();
      for (const one of open) alone(one.call, one.options).then(one.resolve, one.reject);
      return;
    }
    if (read.kind === "failed") {
      for (const one of open) one.reject(unavailable(endpoint, one.call, read.trouble));
      return;
    }
    failed = 0;
    let answered = 0;
    for (const { call, resolve, reject } of open) {
      if (open.size > ANSWERS_AT_ONCE && answered % ANSWERS_AT_ONCE === 0) await nextTurn();
      answered += 1;
      try {
        resolve(resultIn(endpoint, call, read.answers.get(call.id), read.posted));
      } catch (error) {
        reject(error);
      }
    }
  };

  const flush = async (): Promise<void> => {
    const asked = waiting;
    waiting = [];
    for (const group of Map.groupBy(asked, ({ options }) => options.timeoutMs).values())
      for (let first = 0; first < group.length; first += MOST_IN_BATCH) {
        if (first > 0) await nextTurn();
        const some = group.slice(first, first + MOST_IN_BATCH).filter(isStillAsked);
        const [only] = some;
        if (some.length === 1 && only !== undefined) alone(only.call, only.options).then(only.resolve, only.reject);
        else if (some.length > 0)
          askTogether(some).catch((error: unknown) => {
            for (const { reject } of some) reject(error); // nobody else waits for it
          });
      }
  };

  return {
    ask: async (call, options, isAgain) => {
      if (!isAgain && maySharePost(call) && !goesAlone())
        return new Promise((resolve, reject) => {
          if (waiting.length === 0) soon(() => void flush());
          waiting.push({ call, options, resolve, reject });
        });
      const result = await alone(call, options);
      if (isAgain && maySharePost(call) && !goesAlone()) {
        failed += 1;
        if (failed >= MOST_FAILED) refuse();
      }
      return result;
    },
  };
};

/** Logs and receipts may be megabytes, and creation code (`eth_call` without a recipient) may run for long: what goes with them would wait for them. */
const BY_THEMSELVES: ReadonlySet<string> = new Set(["eth_getLogs", "eth_getBlockReceipts"]);
const maySharePost = ({ method, params }: Call): boolean => {
  if (!isRead(method) || BY_THEMSELVES.has(method)) return false;
  const [call] = params;
  return method !== "eth_call" || (typeof call === "object" && call !== null && "to" in call);
};

/** After what has come in meanwhile: as soon as this turn of the event loop is over. Browsers have no word for that but a timer. */
const soon = (work: () => void): void => {
  if (typeof globalThis.setImmediate === "function") globalThis.setImmediate(work);
  else setTimeout(work, 0);
};

const isStillAsked = ({ options: { signal }, reject }: Asked): boolean => {
  if (signal === undefined || !signal.aborted) return true;
  reject(abortReason(signal));
  return false;
};

/** Rejects one call when its caller gives up, and the whole request when all of them did. Gives what lets go of the caller's signal. */
const letGoOf = (asked: Asked, open: Set<Asked>, controller: AbortController): (() => void) => {
  const { signal } = asked.options;
  if (signal === undefined) return () => undefined;
  const onAbort = (): void => {
    open.delete(asked);
    asked.reject(abortReason(signal));
    if (open.size === 0) controller.abort();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
};
