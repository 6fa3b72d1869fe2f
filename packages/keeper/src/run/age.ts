import type { Clock } from "./clock.ts";

/** Milliseconds since something began. */
export type Age = () => number;

/**
 * Begins to count. By the clock that nobody sets; and by the machine's own where that says more: the first one stands still while the machine sleeps. A
 * clock that is put forward makes things older than they are, one that is put back changes nothing.
 */
export const beginAge = (clock: Pick<Clock, "now">, steady: () => number = () => performance.now()): Age => {
  const [set, began] = [clock.now(), steady()];
  return () => Math.max(steady() - began, clock.now() - set);
};
