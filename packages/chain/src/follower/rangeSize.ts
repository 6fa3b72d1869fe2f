/** How many blocks one eth_getLogs may span. Providers limit it by blocks, by results and by time, each with errors of its own: so any error halves it. */
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
