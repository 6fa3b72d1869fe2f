import { type BrokenFinality, emptyState, type FollowerState, mended } from "@keyquorum/chain";
import type { FollowerCursor, Vault } from "@keyquorum/vault";

/**
 * Where this keeper's follower is. That finality was broken is kept apart from it as well, where no single row holds it: a follower that lost its place, or
 * was given back an earlier one, begins there again, and stays broken until the operator accepts a chain. `fromBlock`: the deployment's block.
 */
export const openFollowerCursor = (vault: Pick<Vault, "follower" | "brokenFinality">, fromBlock: number): FollowerCursor<FollowerState> => {
  const cursor = vault.follower<FollowerState>();
  return {
    load: async () => {
      const [state, sealed] = [await cursor.load(), await vault.brokenFinality.load<BrokenFinality>()];
      return sealed === undefined ? state : { ...mended(state ?? emptyState(fromBlock)), broken: sealed };
    },
    commit: (batch, effects) =>
      cursor.commit(batch, async (tx, fresh) => {
        await effects?.(tx, fresh);
        await tx.brokenFinality.save(batch.state.broken);
      }),
    rollback: (toBlock, state, effects) =>
      cursor.rollback(toBlock, state, async (tx, to) => {
        await effects?.(tx, to);
        await tx.brokenFinality.save(state.broken);
      }),
  };
};
