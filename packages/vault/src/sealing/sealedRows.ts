import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import type { OpenSecrets } from "../secrets/secretsBook.ts";
import { type OpenRoll, rollTermOf } from "./roll.ts";
import { deleteTerm, type SealedName, saveTerm, termOf } from "./rollEntries.ts";
import type { Sealer } from "./sealer.ts";

/** What secrets are opened with. */
export type Opening = { readonly sealer: Sealer; readonly secrets: OpenSecrets };
/** What they are written with. */
export type Sealing = Opening & { readonly roll: OpenRoll };

/** Every secret is written once and never overwritten; the version is that of the content's form. */
const VERSION = 1;

/** Opens a secret. Throws VAULT_TAMPERED when it is not what was written there, or is gone though it was never erased. */
export const openSealedRow = async (
  db: Kysely<VaultSchema>,
  { sealer, secrets }: Opening,
  name: SealedName,
): Promise<Uint8Array | undefined> => {
  const term = await termOf(db, name);
  const rows = secrets.rowsOf(name);
  if (rows.length === 0 && term === undefined) return undefined;
  const row = term === undefined ? undefined : rows.find((one) => rollTermOfRow(sealer, one) === term);
  if (row === undefined) throw damagedRecord(name);
  return openRow(sealer, row);
};

/** Seals a secret once. The same bytes again are fine; others throw VAULT_CONFLICT. True when it is new. */
export const saveSealedRow = async (
  db: Kysely<VaultSchema>,
  { sealer, roll, secrets }: Sealing,
  name: SealedName,
  secret: Uint8Array,
): Promise<boolean> => {
  const stored = await openSealedRow(db, { sealer, secrets }, name);
  if (stored !== undefined) {
    const isSame = Buffer.compare(stored, secret) === 0;
    stored.fill(0);
    if (isSame) return false;
    throw new VaultError("VAULT_CONFLICT", `Another ${name.kind} is stored under this name; a secret is never overwritten.`, name);
  }
  const place = { ...name, version: VERSION };
  const parts = sealer.seal(place, secret);
  secrets.add({ ...place, wrapped_key: parts.wrappedKey, body: parts.body });
  const term = rollTermOf(sealer, place, parts);
  await saveTerm(db, name, term);
  await roll.move(db, { sum: term });
  return true;
};

/**
 * Takes a secret out of the records, whatever state it is in; its data key is destroyed with its row after the transaction. True when there was one.
 */
export const eraseSealedRow = (db: Kysely<VaultSchema>, sealing: Sealing, name: SealedName): Promise<boolean> =>
  removeRow(db, sealing, name, true);

/**
 * The same for a row that is written again: its bytes are overwritten by SQLite with the next secret that is written, and leave the write-ahead log with a
 * later checkpoint.
 */
export const removeSealedRow = (db: Kysely<VaultSchema>, sealing: Sealing, name: SealedName): Promise<boolean> =>
  removeRow(db, sealing, name, false);

const removeRow = async (db: Kysely<VaultSchema>, { roll, secrets }: Sealing, name: SealedName, isErasure: boolean): Promise<boolean> => {
  const term = await termOf(db, name);
  const removed = secrets.remove(name, isErasure);
  if (term === undefined && removed === 0) return false;
  await deleteTerm(db, name);
  if (term !== undefined) await roll.move(db, { sum: -term });
  return true;
};

export type SealedRow = Selectable<VaultSchema["anchor"]>;

export const rollTermOfRow = (sealer: Sealer, row: SealedRow): bigint | undefined => {
  // A damaged row may hold anything.
  if (!(row.wrapped_key instanceof Uint8Array && row.body instanceof Uint8Array)) return undefined;
  return rollTermOf(sealer, row, { wrappedKey: row.wrapped_key, body: row.body });
};

export const openRow = (sealer: Sealer, row: SealedRow): Uint8Array => sealer.open(row, { wrappedKey: row.wrapped_key, body: row.body });

const damagedRecord = (name: SealedName): VaultError =>
  new VaultError("VAULT_TAMPERED", "A sealed record is not the one that was written: it was changed, replaced or deleted.", { ...name });
