import type { Kysely } from "kysely";
import { forEachInTurns } from "../commits/endOfTurn.ts";
import type { VaultSchema } from "../database/schema.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import { deleteLogsAbove, insertLog, type LogPlace, logPlaceOf } from "./logs.ts";
import type { FollowerCursor } from "./types/follower.ts";
import type { FollowerName, MirroredLog } from "./types/logs.ts";
import type { VaultStores } from "./types/vaultStores.ts";

type Transact = <Result>(work: (tx: VaultStores, db: Kysely<VaultSchema>) => Promise<Result>) => Promise<Result>;

/** Logs, effects and cursor move together: after a crash none of them is ahead of the others. Followers with names have logs and states of their own. */
export const createFollowerCursor = <State>(
  transact: Transact,
  { sealer, damage }: Pick<StoreContext, "sealer" | "damage">,
  name?: FollowerName,
): FollowerCursor<State> => {
  const place = logPlaceOf(name);
  return {
    load: () =>
      transact(async (_tx, db) => {
        const { row, table, id } = await findState(db, place);
        if (row === undefined || isIntact(sealer, table, row)) return row === undefined ? undefined : decodeStored<State>(row.state);
        damage.note({ table, id });
        return undefined; // where it stood is lost: it begins at the deployment's block again, and what is mirrored already is left as it is
      }),
    commit: ({ logs, state }, effects) =>
      transact(async (tx, db) => {
        const fresh: MirroredLog[] = [];
        await forEachInTurns(logs, async (log) => {
          if (await insertLog(db, sealer, place, log)) fresh.push(log);
        });
        if (effects !== undefined) await effects(tx, fresh);
        await saveState(db, sealer, place, state);
      }),
    rollback: (toBlock, state, effects) =>
      transact(async (tx, db) => {
        await deleteLogsAbove(db, place, toBlock);
        if (effects !== undefined) await effects(tx, toBlock);
        await saveState(db, sealer, place, state);
      }),
  };
};

const OWN_ID = 1;

const findState = async (db: Kysely<VaultSchema>, { follower }: LogPlace) => {
  if (follower === undefined) {
    const row = await db.selectFrom("follower").selectAll().executeTakeFirst();
    return { row, table: "follower", id: String(row?.id ?? OWN_ID) } as const;
  }
  const row = await db.selectFrom("extension_follower").selectAll().where("follower", "=", follower).executeTakeFirst();
  return { row, table: "extension_follower", id: follower } as const;
};

const saveState = async (db: Kysely<VaultSchema>, sealer: Sealer, { follower }: LogPlace, value: unknown): Promise<void> => {
  const state = encodeStored(value);
  if (follower === undefined) {
    const row = withMark(sealer, "follower", { id: OWN_ID, state });
    await db
      .insertInto("follower")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ state: row.state, mark: row.mark }))
      .execute();
    return;
  }
  const row = withMark(sealer, "extension_follower", { follower, state });
  await db
    .insertInto("extension_follower")
    .values(row)
    .onConflict((conflict) => conflict.column("follower").doUpdateSet({ state, mark: row.mark }))
    .execute();
};
