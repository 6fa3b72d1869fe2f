import type { Clock } from "./clock.ts";
import { hasCome } from "./every.ts";

/** What a change sets going has shown itself by then. */
const BUSY_MILLISECONDS = 30_000;
const REST_MILLISECONDS = 10_000;

/**
 * Lets a look be taken at every call for half a minute after something changed, and once in ten seconds while nothing does. For what is shown, and started
 * again where it was missed: nothing may be decided by what such a look saw. One that failed is taken again at the next call.
 */
export const restWhileQuiet = <Arguments extends readonly unknown[]>(
  {
    clock,
    changes,
    isWaiting = () => false,
  }: {
    readonly clock: Pick<Clock, "now">;
    /** Another number than before: something changed. */
    readonly changes: () => number;
    /** Whether it waits for something that it would not hear of otherwise: then it looks at every call. */
    readonly isWaiting?: () => boolean;
  },
  look: (...args: Arguments) => Promise<unknown>,
): ((...args: Arguments) => Promise<void>) => {
  let known = changes();
  let [busyUntil, next] = [0, 0];
  return async (...args) => {
    const [now, count] = [clock.now(), changes()];
    if (count !== known) busyUntil = now + BUSY_MILLISECONDS;
    known = count;
    const isQuiet = hasCome(busyUntil, { now, longest: BUSY_MILLISECONDS }) && !isWaiting();
    if (isQuiet && !hasCome(next, { now, longest: REST_MILLISECONDS })) return;
    next = 0;
    await look(...args);
    next = now + REST_MILLISECONDS;
  };
};
