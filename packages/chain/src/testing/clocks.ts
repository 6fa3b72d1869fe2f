import type { Clock } from "../clock.ts";

/** A clock that stands at a time; sleeping costs nothing but a turn of the event loop, and is remembered. */
export const fakeClock = (now = 0): Clock & { readonly slept: number[] } => {
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return new Promise((resolve) => setImmediate(resolve));
    },
  };
};
