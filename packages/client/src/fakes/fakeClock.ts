import type { Clock } from "../time/clock.ts";

/** A clock that stands still until it is set. Timers never fire. */
export const fakeClock = (seconds: number): Clock & { readonly setSeconds: (seconds: number) => void } => {
  let now = seconds * 1000;
  return {
    now: () => now,
    after: () => () => undefined,
    setSeconds: (next) => {
      now = next * 1000;
    },
  };
};
