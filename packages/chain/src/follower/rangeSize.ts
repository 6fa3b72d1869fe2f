import { ChainUnavailableError } from "../errors.ts";

/** How many blocks one eth_getLogs may span. Providers limit it by blocks, by results and by time, each with errors of its own: so any error halves it, but for those that certainly have nothing to do with the range. */
export type RangeSize = { current(): number; halve(): void; grow(): void };

/** Starts at `max`; never above it, never below 1. Grows by a tenth per success, so that a limit is met again rarely. */
export const createRangeSize = (max: number): RangeSize => {
  let size = max;
  return {
    current: () => size,
    halve: () => {
      size = Math.max(1, Math.floor(size / 2));
    },
    grow: () => {
      size = Math.min(max, size + Math.max(1, Math.floor(size / 10)));
    },
  };
};

/** Whether fewer blocks may mend a failure. A node that asks for time, or has moved, says nothing about the range: halving it would only ask more often. */
export const mayBeTooLarge = (error: unknown): boolean =>
  !(error instanceof ChainUnavailableError && (error.reason === "RATE_LIMITED" || error.reason === "REDIRECTED"));
