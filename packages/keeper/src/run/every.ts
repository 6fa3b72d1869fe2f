import type { Clock } from "./clock.ts";

/**
 * Whether a moment has come that was set at most `longest` milliseconds ahead. One that lies further ahead was set before the clock was corrected: waiting
 * for it would take as long as the clock was wrong.
 */
export const hasCome = (moment: number, { now, longest }: { readonly now: number; readonly longest: number }): boolean =>
  now >= moment || moment - now > longest;

/** Lets work be done at most once in so many milliseconds; in between, a call does nothing. */
export const every = <Arguments extends readonly unknown[]>(
  milliseconds: number,
  clock: Clock,
  work: (...args: Arguments) => Promise<unknown>,
): ((...args: Arguments) => Promise<void>) => {
  let next = Number.NEGATIVE_INFINITY;
  return async (...args) => {
    if (!hasCome(next, { now: clock.now(), longest: milliseconds })) return;
    next = clock.now() + milliseconds;
    await work(...args);
  };
};
