import { type Selectable, sql } from "kysely";
import { forEachInTurns } from "../commits/endOfTurn.ts";
import type { VaultSchema } from "../database/schema.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import type { WorkItem, WorkStore } from "./types/work.ts";

/** Things to do that survive a restart, by id. */
export const createWorkStore = ({ run, sealer, damage }: StoreContext): WorkStore => {
  /** What was changed on the file is not done: it is one piece of work, which other keepers do. */
  const intact = (row: Selectable<VaultSchema["work"]>): boolean => {
    if (isIntact(sealer, "work", row)) return true;
    damage.note({ table: "work", id: row.id });
    return false;
  };
  return {
    add: ({ id, kind, payload, notBefore = 0 }) =>
      run(async (db) => {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto("work")
          .values(
            withMark(sealer, "work", {
              id,
              kind,
              payload: encodeStored(payload),
              state: "pending" as const,
              attempts: 0,
              not_before: notBefore,
              last_error: null,
            }),
          )
          .onConflict((conflict) => conflict.column("id").doNothing())
          .executeTakeFirst();
        return numInsertedOrUpdatedRows === 1n;
      }),
    load: <Payload>(id: string) =>
      run(async (db) => {
        const row = await db.selectFrom("work").selectAll().where("id", "=", id).executeTakeFirst();
        return row === undefined || !intact(row) ? undefined : itemOf<Payload>(row);
      }),
    due: <Payload>({
      now,
      kind,
      limit = Number.MAX_SAFE_INTEGER,
    }: {
      readonly now: number;
      readonly kind?: string;
      readonly limit?: number;
    }) =>
      run(async (db) => {
        let query = db.selectFrom("work").selectAll().where("state", "=", "pending").where("not_before", "<=", now).orderBy("position");
        if (kind !== undefined) query = query.where("kind", "=", kind);
        const whole: Selectable<VaultSchema["work"]>[] = [];
        for (let seen = 0; whole.length < limit; ) {
          const rows = await query
            .limit(limit - whole.length)
            .offset(seen) // damaged rows take no place of those behind them
            .execute();
          await forEachInTurns(rows, async (row) => {
            if (intact(row)) whole.push(row);
          });
          seen += rows.length;
          if (rows.length === 0) break;
        }
        return whole.map((row) => itemOf<Payload>(row));
      }),
    retry: (id, { notBefore, error }) =>
      run(async (db) => {
        await db
          .updateTable("work")
          .set((change) => ({ attempts: change("attempts", "+", 1), not_before: notBefore, last_error: error }))
          .where("id", "=", id)
          .where("state", "=", "pending")
          .execute();
      }),
    finish: (id, state, error) =>
      run(async (db) => {
        await db
          .updateTable("work")
          .set(error === undefined ? { state } : { state, last_error: error })
          .where("id", "=", id)
          .where("state", "=", "pending")
          .execute();
      }),
    prune: ({ kind, belowBlock }) =>
      run(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom("work")
          .where("kind", "=", kind)
          .where("state", "!=", "pending")
          .where(sql<number>`CASE WHEN json_valid(payload) THEN json_extract(payload, '$.blockNumber') END`, "<", belowBlock)
          .executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
};

const itemOf = <Payload>(row: Selectable<VaultSchema["work"]>): WorkItem<Payload> => ({
  id: row.id,
  kind: row.kind,
  payload: decodeStored<Payload>(row.payload),
  state: row.state,
  attempts: row.attempts,
  notBefore: row.not_before,
  ...(row.last_error === null ? {} : { lastError: row.last_error }),
});
