import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { rollTermOf, type Sealing } from "./roll.ts";
import { deleteTerm, type SealedName, saveTerm, termOf } from "./rollEntries.ts";
import type { Sealer } from "./sealer.ts";

/** Every secret is written once and never overwritten; the version is that of the content's form. */
const VERSION = 1;

/** Opens a secret. Throws VAULT_TAMPERED when it is not what was written there, or is gone though it was never erased. */
export const openSealedRow = async (db: Kysely<VaultSchema>, sealer: Sealer, name: SealedName): Promise<Uint8Array | undefined> => {
  const [row, term] = [await findRow(db, name), await termOf(db, name)];
  if (row === undefined && term === undefined) return undefined;
  if (row === undefined || rollTermOfRow(sealer, row) !== term) throw damagedRecord(name);
  return openRow(sealer, row);
};

/** The same without its place in the roll: for what is read before the roll can be. */
export const openUnlistedRow = async (db: Kysely<VaultSchema>, sealer: Sealer, name: SealedName): Promise<Uint8Array | undefined> => {
  const row = await findRow(db, name);
  return row === undefined ? undefined : openRow(sealer, row);
};

/** Seals a secret once. The same bytes again are fine; others throw VAULT_CONFLICT. True when it is new. */
export const saveSealedRow = async (
  db: Kysely<VaultSchema>,
  { sealer, roll }: Sealing,
  name: SealedName,
  secret: Uint8Array,
): Promise<boolean> => {
  const stored = await openSealedRow(db, sealer, name);
  if (stored !== undefined) {
    const isSame = Buffer.compare(stored, secret) === 0;
    stored.fill(0);
    if (isSame) return false;
    throw new VaultError("VAULT_CONFLICT", `Another ${name.kind} is stored under this name; a secret is never overwritten.`, name);
  }
  const place = { ...name, version: VERSION };
  const parts = sealer.seal(place, secret);
  await db
    .insertInto("sealed")
    .values({ ...place, wrapped_key: parts.wrappedKey, body: parts.body })
    .execute();
  const term = rollTermOf(sealer, place, parts);
  await saveTerm(db, name, term);
  await roll.move(db, { sum: term });
  return true;
};

/**
 * Destroys a secret's data key with its row, whatever state the row is in; the file is compacted after the transaction. True when there was one.
 */
export const eraseSealedRow = async (db: Kysely<VaultSchema>, sealing: Sealing, name: SealedName): Promise<boolean> => {
  if (!(await removeSealedRow(db, sealing, name))) return false;
  await noteCompaction(db);
  return true;
};

/**
 * The same without compaction, for a row that is written again: SQLite overwrites the old one, and its bytes leave the write-ahead log with a later
 * checkpoint.
 */
export const removeSealedRow = async (db: Kysely<VaultSchema>, { roll }: Sealing, { kind, id }: SealedName): Promise<boolean> => {
  const term = await termOf(db, { kind, id });
  const { numDeletedRows } = await db.deleteFrom("sealed").where("kind", "=", kind).where("id", "=", id).executeTakeFirst();
  if (term === undefined && numDeletedRows === 0n) return false;
  await deleteTerm(db, { kind, id });
  if (term !== undefined) await roll.move(db, { sum: -term });
  return true;
};

/** The file is compacted when the transaction is over, or the vault is opened again. */
export const noteCompaction = async (db: Kysely<VaultSchema>): Promise<void> => {
  await db
    .insertInto("compaction")
    .values({ id: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

export type SealedRow = Selectable<VaultSchema["sealed"]>;

export const rollTermOfRow = (sealer: Sealer, row: SealedRow): bigint | undefined => {
  // A damaged row may hold anything.
  if (!(row.wrapped_key instanceof Uint8Array && row.body instanceof Uint8Array)) return undefined;
  return rollTermOf(sealer, row, { wrappedKey: row.wrapped_key, body: row.body });
};

const findRow = (db: Kysely<VaultSchema>, { kind, id }: SealedName): Promise<SealedRow | undefined> =>
  db.selectFrom("sealed").selectAll().where("kind", "=", kind).where("id", "=", id).executeTakeFirst();

const openRow = (sealer: Sealer, row: SealedRow): Uint8Array => sealer.open(row, { wrappedKey: row.wrapped_key, body: row.body });

const damagedRecord = (name: SealedName): VaultError =>
  new VaultError("VAULT_TAMPERED", "A sealed record is not the one that was written: it was changed, replaced or deleted.", { ...name });
