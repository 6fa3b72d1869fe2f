import type { Clock } from "./clock.ts";

/** Lets work be done at most once in so many milliseconds; in between, a call does nothing. */
export const every = (milliseconds: number, clock: Clock, work: () => Promise<unknown>): (() => Promise<void>) => {
  let next = 0;
  return async () => {
    if (clock.now() < next) return;
    next = clock.now() + milliseconds;
    await work();
  };
};
