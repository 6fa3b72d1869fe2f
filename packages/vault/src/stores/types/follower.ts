import type { MirroredLog } from "./logs.ts";
import type { VaultStores } from "./vaultStores.ts";

/** What happens in the same transaction as the cursor. Throwing rolls everything back. */
export type CommitEffects = (tx: VaultStores, logs: readonly MirroredLog[]) => Promise<void>;

/** FollowerStore of @keyquorum/chain: logs, effects and cursor move in one transaction. `State` is stored as JSON; bigint and bytes survive. */
export type FollowerCursor<State> = {
  load(): Promise<State | undefined>;
  commit(batch: { readonly logs: readonly MirroredLog[]; readonly state: State }, effects?: CommitEffects): Promise<void>;
  /** Deletes mirrored logs above `toBlock`; `effects` may take back what those logs had caused. */
  rollback(toBlock: number, state: State, effects?: (tx: VaultStores, toBlock: number) => Promise<void>): Promise<void>;
};
