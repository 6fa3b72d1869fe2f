import type { FollowerState, FollowerStore } from "../follower/state.ts";
import type { ChainLog } from "../logs.ts";

/** A follower's store in memory, for tests. `onWrite` runs after each write. */
export const memoryFollowerStore = (onWrite: () => void = () => {}) => {
  const kept: { state: FollowerState | undefined; logs: readonly ChainLog[]; rollbacks: number[] } = {
    state: undefined,
    logs: [],
    rollbacks: [],
  };
  const store: FollowerStore = {
    load: async () => kept.state,
    commit: async ({ logs, state }) => {
      kept.logs = [...kept.logs, ...logs];
      kept.state = state;
      onWrite();
    },
    rollback: async (toBlock, state) => {
      kept.logs = kept.logs.filter(({ blockNumber }) => blockNumber <= toBlock);
      kept.state = state;
      kept.rollbacks.push(toBlock);
      onWrite();
    },
  };
  return { kept, store };
};
