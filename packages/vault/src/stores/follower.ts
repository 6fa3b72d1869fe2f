import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import { insertLog } from "./logs.ts";
import type { FollowerCursor, MirroredLog, VaultStores } from "./types.ts";

type Transact = <Result>(work: (tx: VaultStores, db: Kysely<VaultSchema>) => Promise<Result>) => Promise<Result>;

/** Logs, effects and cursor move together: after a crash none of them is ahead of the others. */
export const createFollowerCursor = <State>(transact: Transact): FollowerCursor<State> => ({
  load: () =>
    transact(async (_tx, db) => {
      const row = await db.selectFrom("follower").select("state").executeTakeFirst();
      return row === undefined ? undefined : decodeStored<State>(row.state);
    }),
  commit: ({ logs, state }, effects) =>
    transact(async (tx, db) => {
      const fresh: MirroredLog[] = [];
      for (const log of logs) if (await insertLog(db, log)) fresh.push(log);
      if (effects !== undefined) await effects(tx, fresh);
      await saveState(db, state);
    }),
  rollback: (toBlock, state, effects) =>
    transact(async (tx, db) => {
      await db.deleteFrom("mirrored_log").where("block_number", ">", toBlock).execute();
      if (effects !== undefined) await effects(tx, toBlock);
      await saveState(db, state);
    }),
});

const saveState = async (db: Kysely<VaultSchema>, state: unknown): Promise<void> => {
  const encoded = encodeStored(state);
  await db
    .insertInto("follower")
    .values({ id: 1, state: encoded })
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ state: encoded }))
    .execute();
};
