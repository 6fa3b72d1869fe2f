import { type Clock, sleep } from "../time/clock.ts";
import type { KeeperFailure } from "../types.ts";
import type { RetrievalListener } from "./events.ts";
import { KeeperError } from "./keeperError.ts";

/** How the fan-out treats the keepers. */
export type CollectPolicy = {
  /** How many more than q are asked at once. */
  readonly spare: number;
  /** Milliseconds until further keepers are asked when q answers are not there. */
  readonly hedgeMs: number;
  /** How often one keeper is asked when its failure may pass. */
  readonly attempts: number;
  /** First pause between attempts in milliseconds; it doubles up to 5 s. */
  readonly retryMs: number;
  /** Milliseconds to wait, after q answers, for the other keepers already asked, so that the report names more of them. */
  readonly settleMs: number;
};

/** Asks one keeper more than needed, and another each half second. */
export const DEFAULT_COLLECT_POLICY: CollectPolicy = { spare: 1, hedgeMs: 500, attempts: 3, retryMs: 250, settleMs: 0 };

/** What the fan-out ended with: q or more answers, or too few. Failures are by slot, the last one of each keeper. */
export type Collected<A> = { readonly answers: ReadonlyMap<number, A>; readonly failures: readonly KeeperFailure[] };

type Contact = { readonly slot: number; readonly name: string };

/** Why keepers that are still asked are asked no more. One for all, as in `exchangeJson`. */
const FINISHED = new Error("finished");

/**
 * Codes that pass with time alone, for as long as the caller is willing to wait. KEY_NOT_READY: the key's epoch is final here and not yet for the
 * keeper, which may ask for more blocks.
 */
const PATIENT_CODES: ReadonlySet<string> = new Set(["PERMISSION_NOT_FINAL", "KEY_NOT_READY"]);

/**
 * Asks keepers until q have given a valid answer, or all have failed for good, or so many refuse that q is out of reach.
 *
 * Starts with q + spare of them, starts another for each that fails and more after every `hedgeMs`. `ask` must verify: what it returns counts.
 * Never throws for a keeper's fault. When the signal aborts it ends with what it has: the caller decides what that means.
 */
export const collect = async <Named extends Contact, K extends Contact, A>(options: {
  /** In the order in which they are to be asked. */
  readonly keepers: readonly Named[];
  /** Who it is and where: first of all, for each that is asked. Throws KeeperError as `ask`. */
  readonly meet: (keeper: Named, signal: AbortSignal) => K | Promise<K>;
  readonly quorum: number;
  readonly ask: (keeper: K, signal: AbortSignal) => Promise<A>;
  readonly policy: CollectPolicy;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Codes that are a keeper's final word; more of one than n - q of them end the collection. */
  readonly isFinalWord: (code: string) => boolean;
  readonly onEvent?: RetrievalListener | undefined;
}): Promise<Collected<A>> => {
  const { keepers, meet, quorum, ask, policy, clock, signal, isFinalWord, onEvent } = options;
  const answers = new Map<number, A>();
  const failures = new Map<number, KeeperFailure>();
  const names = new Map<number, string>();
  const nameOf = ({ slot, name }: Contact): string => names.get(slot) ?? name;
  const settled = new Set<number>();
  const waiting = [...keepers];
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  let cancelHedge = (): void => undefined;
  let cancelSettle: (() => void) | undefined;

  try {
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      signal.addEventListener("abort", onAbort, { once: true });
      stop.signal.addEventListener("abort", () => resolve(), { once: true });

      const start = (count: number): void => {
        for (const keeper of waiting.splice(0, count)) run(keeper).then(judge, reject);
        cancelHedge();
        if (waiting.length > 0) cancelHedge = clock.after(policy.hedgeMs, () => start(policy.spare + 1));
      };

      const run = async (named: Named): Promise<void> => {
        const { slot } = named;
        let pause = policy.retryMs;
        for (let attempt = 1; !stop.signal.aborted; attempt++) {
          try {
            const keeper = await meet(named, stop.signal);
            const { name } = keeper;
            names.set(slot, name);
            onEvent?.({ kind: "asking", slot, name, attempt });
            answers.set(slot, await ask(keeper, stop.signal));
            failures.delete(slot);
            onEvent?.({ kind: "answered", slot, name, have: answers.size, need: quorum });
            break;
          } catch (error) {
            if (stop.signal.aborted) return;
            if (!(error instanceof KeeperError)) throw error;
            const failure = failureOf({ slot, name: nameOf(named) }, error);
            failures.set(slot, failure);
            if (attempt === 1) start(1);
            const isPatient = PATIENT_CODES.has(error.code);
            if (!isPatient && (!error.retryable || attempt >= policy.attempts)) {
              onEvent?.({ kind: "rejected", ...failure });
              break;
            }
            const afterMs = Math.max(pause, error.retryAfterMs ?? 0);
            onEvent?.({ kind: "retrying", ...failure, afterMs });
            await sleep(clock, afterMs, stop.signal).catch(() => undefined);
            pause = Math.min(pause * 2, 5_000);
          }
        }
        settled.add(slot);
      };

      const isHopeless = (): boolean => {
        const refusals = [...failures.values()].filter(({ slot, code }) => settled.has(slot) && isFinalWord(code));
        return settled.size >= keepers.length || mostCommon(refusals) > keepers.length - quorum;
      };

      const judge = (): void => {
        if (answers.size < quorum) {
          if (isHopeless()) resolve();
          return;
        }
        cancelHedge();
        const isAnyoneLeft = settled.size + waiting.length < keepers.length;
        if (policy.settleMs === 0 || !isAnyoneLeft) resolve();
        else cancelSettle ??= clock.after(policy.settleMs, resolve);
      };

      start(quorum + policy.spare);
    });
  } finally {
    cancelHedge();
    cancelSettle?.();
    signal.removeEventListener("abort", onAbort);
    if (!stop.signal.aborted) stop.abort(FINISHED);
  }
  if (answers.size < quorum) {
    const reason = signal.aborted ? "It did not answer in time." : "Not needed: the other keepers had already decided it.";
    for (const keeper of keepers) {
      const { slot } = keeper;
      if (!answers.has(slot) && !failures.has(slot)) failures.set(slot, { slot, name: nameOf(keeper), code: "NO_ANSWER", reason });
    }
  }
  return { answers: new Map(answers), failures: [...failures.values()].sort((a, b) => a.slot - b.slot) };
};

const failureOf = ({ slot, name }: Contact, { code, message, evidence, blocks }: KeeperError): KeeperFailure => ({
  slot,
  name,
  code,
  reason: message,
  ...blocks,
  ...(evidence === undefined ? {} : { evidence }),
});

const mostCommon = (failures: readonly KeeperFailure[]): number => {
  const counts = new Map<string, number>();
  for (const { code } of failures) counts.set(code, (counts.get(code) ?? 0) + 1);
  return Math.max(0, ...counts.values());
};
