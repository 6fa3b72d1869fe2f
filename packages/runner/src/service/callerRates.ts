import { type Address, KeyquorumError } from "@keyquorum/wire";

/** How many runs a caller may begin in a minute. */
export type CallerRates = {
  /** Counts one. Throws RATE_LIMITED with `retryAfterSeconds`; then it is not counted. */
  readonly take: (caller: Address) => void;
};

/** So many in any minute: places come back one by one, as they were taken. Memory is bounded by the callers that the operator lists. */
export const createCallerRates = ({ perMinute, now }: { readonly perMinute: number; readonly now: () => number }): CallerRates => {
  const levels = new Map<Address, { level: number; at: number }>();
  return {
    take: (caller) => {
      const at = now();
      const last = levels.get(caller) ?? { level: 0, at };
      const level = Math.max(0, last.level - (Math.max(0, at - last.at) * perMinute) / 60_000);
      if (level + 1 > perMinute) {
        const retryAfterSeconds = Math.max(1, Math.ceil(((level + 1 - perMinute) * 60) / perMinute));
        throw new KeyquorumError("RATE_LIMITED", "This account asked for too many runs in a minute.", { details: { retryAfterSeconds } });
      }
      levels.set(caller, { level: level + 1, at });
    },
  };
};
