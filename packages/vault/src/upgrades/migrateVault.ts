import { type Kysely, sql } from "kysely";
import { APART_SINCE, LISTED_SINCE, migrate, NAMED_SINCE } from "../database/migrations.ts";
import type { VaultSchema } from "../database/schema.ts";
import { isUnmarkedAllowed, MARKED_TABLES, type MarkedTable, markOf, type StoredRow } from "../sealing/marks.ts";
import { moveRoll } from "../sealing/roll.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { listSealedRows } from "../sealing/verifySealedRows.ts";
import type { SecretsFile } from "../secrets/secretsFile.ts";
import { nameAnswersAndTransactions } from "./version10.ts";
import { copySecrets, removeSecrets } from "./version11.ts";

/**
 * Brings a vault to this program's schema. What it had before records were marked and secrets listed is believed once, as its roll adds up. `load` makes
 * the sealer, and throws where the vault is not the caller's: nothing is changed then. Call it inside a transaction of the file at `recordsPath`.
 */
export const migrateVault = async (
  db: Kysely<VaultSchema>,
  { now, load, secrets, recordsPath }: { readonly now: number; readonly load: () => Promise<Sealer> } & Apart,
): Promise<Sealer> => {
  const before = await migrate(db, now);
  const sealer = await load();
  const isUnmarked = before < LISTED_SINCE;
  if (before < NAMED_SINCE) await nameAnswersAndTransactions(db, { sealer, isUnmarked, now });
  if (isUnmarked) await listAndMark(db, sealer);
  if (before < APART_SINCE) {
    copySecrets(secrets, sealer, recordsPath);
    await removeSecrets(db, sealer);
  }
  return sealer;
};

type Apart = { readonly secrets: SecretsFile; readonly recordsPath: string };

const listAndMark = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<void> => {
  await listSealedRows(db, sealer);
  const lives = await db.selectFrom("boot").select("count").executeTakeFirst();
  await moveRoll(db, sealer, { boots: lives?.count ?? 0 });
  for (const table of MARKED_TABLES) if (!isUnmarkedAllowed(table)) await markAll(db, sealer, table);
};

/** Makes the tables of a new vault; `save` makes the sealer. Call it inside a transaction. */
export const createSchema = async (db: Kysely<VaultSchema>, now: number, save: () => Promise<Sealer>): Promise<Sealer> => {
  await migrate(db, now);
  const sealer = await save();
  await nameAnswersAndTransactions(db, { sealer, isUnmarked: true, now });
  return sealer;
};

const markAll = async (db: Kysely<VaultSchema>, sealer: Sealer, table: MarkedTable): Promise<void> => {
  const { rows } = await sql<StoredRow & { readonly row_number: number }>`SELECT rowid AS row_number, * FROM ${sql.table(table)}`.execute(
    db,
  );
  for (const row of rows)
    await sql`UPDATE ${sql.table(table)} SET mark = ${markOf(sealer, table, row)} WHERE rowid = ${row.row_number}`.execute(db);
};
