/** `signal` aborts when one of two does, with its reason. `letGo` when nobody waits any more. */
export type EitherSignal = { readonly signal: AbortSignal; readonly letGo: () => void };

/**
 * As `AbortSignal.any` for what ends soon beside a signal that lives long: that one keeps every signal that was ever made of it in a list, which is gone through
 * once for each of them that is collected, in one step of the main thread.
 */
export const eitherSignal = (first: AbortSignal, second: AbortSignal): EitherSignal => {
  const either = new AbortController();
  const both = [first, second];
  const abort = (): void => either.abort(both.find(({ aborted }) => aborted)?.reason);
  if (both.some(({ aborted }) => aborted)) abort();
  else for (const one of both) one.addEventListener("abort", abort);
  return {
    signal: either.signal,
    letGo: () => {
      for (const one of both) one.removeEventListener("abort", abort);
    },
  };
};
