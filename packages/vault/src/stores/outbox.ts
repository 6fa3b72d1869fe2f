import { type Selectable, sql } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import type { OutboxStore, SenderCursor } from "./types.ts";

/** What the transaction sender must remember: nonce and raw transaction before it is sent, by intent id. */
export const createOutboxStore = ({ run, sealer, damage, clock }: StoreContext): OutboxStore => {
  /** One that was changed on the file is none: what it was of is decided anew, and a contract takes it once. */
  const entryOf = <Entry>(row: Selectable<VaultSchema["outbox"]>): readonly { readonly id: string; readonly entry: Entry }[] => {
    if (isIntact(sealer, "outbox", row)) return [{ id: row.id, entry: decodeStored<Entry>(row.entry) }];
    damage.note({ table: "outbox", id: row.id });
    return [];
  };
  return {
    load: <Entry>(id: string) =>
      run(async (db) => {
        const row = await db.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirst();
        return row === undefined ? undefined : entryOf<Entry>(row)[0]?.entry;
      }),
    save: (id, entry) =>
      run(async (db) => {
        const row = withMark(sealer, "outbox", { id, entry: encodeStored(entry), updated_at: clock() });
        await db
          .insertInto("outbox")
          .values(row)
          .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
          .execute();
        damage.forget({ table: "outbox", id });
      }),
    remove: (id) => run(async (db) => void (await db.deleteFrom("outbox").where("id", "=", id).execute())),
    list: <Entry>() =>
      run(async (db) => {
        const rows = await db.selectFrom("outbox").selectAll().orderBy("id").execute();
        return rows.flatMap((row) => entryOf<Entry>(row));
      }),
    prune: ({ prefix, states, before }) =>
      run(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom("outbox")
          .where(sql<string>`substr(id, 1, ${prefix.length})`, "=", prefix)
          .where(sql<string>`CASE WHEN json_valid(entry) THEN json_extract(entry, '$.state') END`, "in", states)
          .where("updated_at", "<", before)
          .executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
};

/** The outbox as a sender of @keyquorum/chain takes it. */
export const createSenderCursor = <Entry extends { readonly id: string }>(outbox: OutboxStore): SenderCursor<Entry> => ({
  load: async () => (await outbox.list<Entry>()).map(({ entry }) => entry),
  save: (record) => outbox.save(record.id, record),
});
