import type { Clock } from "../run/clock.ts";

/** An extension should end what it does when `stopping` aborts, and answer at once; what does not holds up neither a stop nor the keeper. */
const LONGEST_MILLISECONDS = 3_000;

/** Undefined: it was too long. */
const race = async <Result>(
  work: Promise<Result>,
  tooLong: (waiting: AbortSignal) => Promise<void>,
): Promise<{ readonly result: Result } | undefined> => {
  const waiting = new AbortController();
  try {
    return await Promise.race([work.then((result) => ({ result })), tooLong(waiting.signal).then(() => undefined)]);
  } finally {
    waiting.abort();
  }
};

/** False: it did not. What it is goes on, and nobody waits for it. */
export const endsInTime = async (work: Promise<unknown>, clock: Clock): Promise<boolean> =>
  (await race(work, (waiting) => clock.sleep(LONGEST_MILLISECONDS, waiting))) !== undefined;

/** Throws where it takes too long. */
export const inTime = async <Result>(work: Promise<Result>, clock: Clock): Promise<Result> => {
  const ended = await race(work, (waiting) => clock.sleep(LONGEST_MILLISECONDS, waiting));
  if (ended === undefined) throw new Error(`An extension took longer than ${LONGEST_MILLISECONDS} ms.`);
  return ended.result;
};

/** As long as it takes. Undefined: the keeper stops, and it did not end soon after. */
export const unlessStopped = async <Result>(
  work: Promise<Result>,
  { stopping, clock }: { readonly stopping: AbortSignal; readonly clock: Clock },
): Promise<Result | undefined> => {
  const ended = await race(work, async (waiting) => {
    await aborted(stopping, waiting);
    await clock.sleep(LONGEST_MILLISECONDS, waiting);
  });
  return ended?.result;
};

const aborted = (signal: AbortSignal, waiting: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true, signal: waiting });
  });
