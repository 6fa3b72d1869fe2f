import { type Selectable, sql } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import type { OutboxRecord, OutboxStore } from "./types/outbox.ts";

/** What the transaction sender must remember: nonce and raw transaction before it is sent, by intent id. */
export const createOutboxStore = ({ run, sealer, damage, clock }: StoreContext): OutboxStore => {
  /** One that was changed on the file is none: what it was of is decided again, and a contract takes it once. */
  const recordOf = <Entry>(row: Selectable<VaultSchema["outbox"]>): readonly OutboxRecord<Entry>[] => {
    const { id, kind, subject } = row;
    if (isIntact(sealer, "outbox", row)) return [{ id, kind, subject, entry: decodeStored<Entry>(row.entry) }];
    damage.note({ table: "outbox", id });
    return [];
  };
  return {
    load: <Entry>(id: string) =>
      run(async (db) => {
        const row = await db.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirst();
        return row === undefined ? undefined : recordOf<Entry>(row)[0]?.entry;
      }),
    subjectOf: (id) =>
      run(async (db) => {
        const row = await db.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirst();
        const [record] = row === undefined ? [] : recordOf(row);
        return record === undefined ? undefined : { kind: record.kind, subject: record.subject };
      }),
    save: ({ id, kind, subject, entry }) =>
      run(async (db) => {
        const row = withMark(sealer, "outbox", { id, kind, subject, entry: encodeStored(entry), updated_at: clock() });
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
        return rows.flatMap((row) => recordOf<Entry>(row));
      }),
    prune: ({ kinds, states, before }) =>
      run(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom("outbox")
          .where("kind", "in", kinds)
          .where(sql<string>`CASE WHEN json_valid(entry) THEN json_extract(entry, '$.state') END`, "in", states)
          .where("updated_at", "<", before)
          .executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
};
