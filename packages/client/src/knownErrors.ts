import { KeyquorumError } from "@keyquorum/wire";

/**
 * A function that gives a promise or an async generator, and fails with a KeyquorumError, or with the reason of the signal that it was given, whatever it
 * and its caller's objects throw.
 */
export const withKnownError =
  <A extends readonly unknown[], R>(name: string, method: (...args: A) => R) =>
  (...args: A): R => {
    try {
      const result = method(...args) as unknown;
      const told = (error: unknown): never => {
        throw knownError(name, error, args);
      };
      if (isLoop(result)) return loopOf(result, told) as R; // an async generator of the same
      return (result instanceof Promise ? result.catch(told) : result) as R;
    } catch (error) {
      return Promise.reject(knownError(name, error, args)) as R; // only what gives promises is wrapped; a loop fails in its body
    }
  };

/** What is done at once. Throws a KeyquorumError. */
export const knownly = <T>(name: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw knownError(name, error, []);
  }
};

const isLoop = (value: unknown): value is AsyncGenerator => typeof value === "object" && value !== null && Symbol.asyncIterator in value;

async function* loopOf(loop: AsyncGenerator, told: (error: unknown) => never): AsyncGenerator {
  try {
    return yield* loop;
  } catch (error) {
    return told(error);
  }
}

const knownError = (name: string, error: unknown, args: readonly unknown[]): Error => {
  if (error instanceof KeyquorumError || (error instanceof Error && args.some(isAborted))) return error;
  // What the language or the mathematics refuses came in with the arguments, as far as one can tell from here.
  const isValue = error instanceof Error && ["TypeError", "RangeError", "SyntaxError", "ThresholdError"].includes(error.name);
  const what = isValue ? "was given a value that it cannot use" : "uses something that failed";
  return new KeyquorumError(isValue ? "INVALID_VALUE" : "PART_FAILED", `${name} ${what}: the cause says more.`, { cause: error });
};

const isAborted = (options: unknown): boolean => {
  try {
    return (options as { readonly signal?: { readonly aborted?: unknown } } | undefined)?.signal?.aborted === true;
  } catch {
    return false; // options that throw when they are read have no signal
  }
};
