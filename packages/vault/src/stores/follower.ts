import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import { insertLog } from "./logs.ts";
import type { FollowerCursor, MirroredLog, VaultStores } from "./types.ts";

type Transact = <Result>(work: (tx: VaultStores, db: Kysely<VaultSchema>) => Promise<Result>) => Promise<Result>;

/** Logs, effects and cursor move together: after a crash none of them is ahead of the others. */
export const createFollowerCursor = <State>(
  transact: Transact,
  { sealer, damage }: Pick<StoreContext, "sealer" | "damage">,
): FollowerCursor<State> => ({
  load: () =>
    transact(async (_tx, db) => {
      const row = await db.selectFrom("follower").selectAll().executeTakeFirst();
      if (row === undefined || isIntact(sealer, "follower", row)) return row === undefined ? undefined : decodeStored<State>(row.state);
      damage.note({ table: "follower", id: String(row.id) });
      return undefined; // where it stood is lost: it begins at the deployment's block again, and what is mirrored already is left as it is
    }),
  commit: ({ logs, state }, effects) =>
    transact(async (tx, db) => {
      const fresh: MirroredLog[] = [];
      for (const log of logs) if (await insertLog(db, sealer, log)) fresh.push(log);
      if (effects !== undefined) await effects(tx, fresh);
      await saveState(db, sealer, state);
    }),
  rollback: (toBlock, state, effects) =>
    transact(async (tx, db) => {
      await db.deleteFrom("mirrored_log").where("block_number", ">", toBlock).execute();
      if (effects !== undefined) await effects(tx, toBlock);
      await saveState(db, sealer, state);
    }),
});

const saveState = async (db: Kysely<VaultSchema>, sealer: Sealer, state: unknown): Promise<void> => {
  const row = withMark(sealer, "follower", { id: 1, state: encodeStored(state) });
  await db
    .insertInto("follower")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ state: row.state, mark: row.mark }))
    .execute();
};
