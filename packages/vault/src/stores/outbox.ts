import { sql } from "kysely";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import type { OutboxStore, SenderCursor } from "./types.ts";

/** What the transaction sender must remember: nonce and raw transaction before it is sent, by intent id. */
export const createOutboxStore = ({ run, clock }: StoreContext): OutboxStore => ({
  load: <Entry>(id: string) =>
    run(async (db) => {
      const row = await db.selectFrom("outbox").select("entry").where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : decodeStored<Entry>(row.entry);
    }),
  save: (id, entry) =>
    run(async (db) => {
      const values = { entry: encodeStored(entry), updated_at: clock() };
      await db
        .insertInto("outbox")
        .values({ id, ...values })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
        .execute();
    }),
  remove: (id) => run(async (db) => void (await db.deleteFrom("outbox").where("id", "=", id).execute())),
  list: <Entry>() =>
    run(async (db) => {
      const rows = await db.selectFrom("outbox").selectAll().orderBy("id").execute();
      return rows.map(({ id, entry }) => ({ id, entry: decodeStored<Entry>(entry) }));
    }),
  prune: ({ prefix, states, before }) =>
    run(async (db) => {
      const { numDeletedRows } = await db
        .deleteFrom("outbox")
        .where(sql<string>`substr(id, 1, ${prefix.length})`, "=", prefix)
        .where(sql<string>`json_extract(entry, '$.state')`, "in", states)
        .where("updated_at", "<", before)
        .executeTakeFirst();
      return Number(numDeletedRows);
    }),
});

/** The outbox as a sender of @keyquorum/chain takes it. */
export const createSenderCursor = <Entry extends { readonly id: string }>(outbox: OutboxStore): SenderCursor<Entry> => ({
  load: async () => (await outbox.list<Entry>()).map(({ entry }) => entry),
  save: (record) => outbox.save(record.id, record),
});
