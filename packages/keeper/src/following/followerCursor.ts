import { type BrokenFinality, emptyState, type FollowerState, mended } from "@keyquorum/chain";
import { type FollowerCursor, type Vault, VaultError } from "@keyquorum/vault";

/**
 * Where this keeper's follower is, kept in memory as it is stored: it is asked for at every look, and nobody else moves it. That finality was broken is kept apart from it as well, where no single row holds it: a follower that lost its place, or
 * was given back an earlier one, begins there again, and stays broken until the operator accepts a chain. `fromBlock`: the deployment's block.
 */
export const openFollowerCursor = (vault: Pick<Vault, "follower" | "brokenFinality">, fromBlock: number): FollowerCursor<FollowerState> => {
  const cursor = vault.follower<FollowerState>();
  /** As it is stored; undefined: to be read. */
  let stored: { readonly state: FollowerState | undefined } | undefined;
  const load = async (): Promise<FollowerState | undefined> => {
    if (stored === undefined) {
      const [state, sealed] = [await cursor.load(), await vault.brokenFinality.load<BrokenFinality>()];
      stored = { state: sealed === undefined ? state : { ...mended(state ?? emptyState(fromBlock)), broken: sealed } };
    }
    return stored.state;
  };
  /** Nothing is sealed anew where nothing was sealed and nothing is to be. */
  const saveBroken = async (tx: Pick<Vault, "brokenFinality">, isSealed: boolean, { broken }: FollowerState): Promise<void> => {
    if (isSealed || broken !== undefined) await tx.brokenFinality.save(broken);
  };
  /** Moves what is stored and what is known of it together; what failed is read again. */
  const moving = async (state: FollowerState, move: (isSealed: boolean) => Promise<void>): Promise<void> => {
    const isSealed = stored === undefined || stored.state?.broken !== undefined;
    stored = undefined;
    await move(isSealed);
    stored = { state };
  };
  const commit: FollowerCursor<FollowerState>["commit"] = (batch, effects) =>
    moving(batch.state, (isSealed) =>
      cursor.commit(batch, async (tx, fresh) => {
        await effects?.(tx, fresh);
        await saveBroken(tx, isSealed, batch.state);
      }),
    );
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
      moving(state, (isSealed) =>
        cursor.rollback(toBlock, state, async (tx, to) => {
          await effects?.(tx, to);
          await saveBroken(tx, isSealed, state);
        }),
      ),
  };
};
