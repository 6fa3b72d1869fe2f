import type { Clock } from "./clock.ts";

/** Lets work be done at most once in so many milliseconds; in between, a call does nothing. */
export const every = <Arguments extends readonly unknown[]>(
  milliseconds: number,
  clock: Clock,
  work: (...args: Arguments) => Promise<unknown>,
): ((...args: Arguments) => Promise<void>) => {
  let next = 0;
  return async (...args) => {
    if (clock.now() < next) return;
    next = clock.now() + milliseconds;
    await work(...args);
  };
};
