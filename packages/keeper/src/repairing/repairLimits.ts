import { KeyquorumError } from "@keyquorum/wire";
import type { Clock } from "../run/clock.ts";

/** Answers to repairs cost milliseconds of curve arithmetic each, so one keeper's questions are counted. */
export type RepairLimits = {
  /** Counts one question about the share of a slot, and runs its answer. Throws RATE_LIMITED. */
  readonly run: <Result>(slot: number, work: () => Promise<Result>) => Promise<Result>;
};

/** A repair with 64 keepers of whom 31 do not help asks each one about 60 times. */
const PER_HOUR = 240;
const HOUR_MILLISECONDS = 3_600_000;
const AT_ONCE = 4;

export const createRepairLimits = (clock: Clock): RepairLimits => {
  const asked = new Map<number, { count: number; since: number }>();
  let running = 0;

  const take = (slot: number): void => {
    const now = clock.now();
    const seen = asked.get(slot);
    const window = seen === undefined || now < seen.since || now - seen.since > HOUR_MILLISECONDS ? { count: 0, since: now } : seen;
    if (running >= AT_ONCE || window.count >= PER_HOUR)
      throw new KeyquorumError("RATE_LIMITED", "This keeper has helped with many repairs of this share just now.");
    window.count += 1;
    asked.set(slot, window);
  };

  return {
    run: async (slot, work) => {
      take(slot);
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    },
  };
};
