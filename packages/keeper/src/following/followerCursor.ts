import { type BrokenFinality, emptyState, type FollowerState, mended } from "@keyquorum/chain";
import { type FollowerCursor, type Vault, VaultError } from "@keyquorum/vault";

/**
 * Where this keeper's follower is. That finality was broken is kept apart from it as well, where no single row holds it: a follower that lost its place, or
 * was given back an earlier one, begins there again, and stays broken until the operator accepts a chain. `fromBlock`: the deployment's block.
 */
export const openFollowerCursor = (vault: Pick<Vault, "follower" | "brokenFinality">, fromBlock: number): FollowerCursor<FollowerState> => {
  const cursor = vault.follower<FollowerState>();
  const load = async (): Promise<FollowerState | undefined> => {
    const [state, sealed] = [await cursor.load(), await vault.brokenFinality.load<BrokenFinality>()];
    return sealed === undefined ? state : { ...mended(state ?? emptyState(fromBlock)), broken: sealed };
  };
  const commit: FollowerCursor<FollowerState>["commit"] = (batch, effects) =>
    cursor.commit(batch, async (tx, fresh) => {
      await effects?.(tx, fresh);
      await tx.brokenFinality.save(batch.state.broken);
    });
  return {
    load,
    commit: async (batch, effects) => {
      try {
        await commit(batch, effects);
      } catch (error) {
        if (!(error instanceof VaultError) || error.code !== "VAULT_CONFLICT") throw error;
        const [place, conflict] = [(await load()) ?? emptyState(fromBlock), Number(error.details.blockNumber)];
        if (!(conflict >= place.next)) throw error;
        // Above its place nothing was read: what is there is of before the place was lost, and of a block that was replaced since.
        await cursor.rollback(conflict - 1, place);
        await commit(batch, effects);
      }
    },
    rollback: (toBlock, state, effects) =>
      cursor.rollback(toBlock, state, async (tx, to) => {
        await effects?.(tx, to);
        await tx.brokenFinality.save(state.broken);
      }),
  };
};
