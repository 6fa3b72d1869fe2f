import { type Kysely, sql } from "kysely";
import type { VaultSchema } from "./database/schema.ts";

/**
 * Removes deleted secrets from the file and its write-ahead log, if any are still there. Neither step can run inside a transaction: VACUUM rewrites the
 * file; truncating drops the old pages from the log.
 */
export const compactFile = async (db: Kysely<VaultSchema>): Promise<void> => {
  const due = await db.selectFrom("compaction").select("id").executeTakeFirst();
  if (due === undefined) return;
  await sql`VACUUM`.execute(db);
  await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db);
  await db.deleteFrom("compaction").execute();
};
