import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { moveRoll, rollTermOf } from "./roll.ts";
import type { Sealer } from "./sealer.ts";

/** Names a secret. */
export type SealedName = { readonly kind: string; readonly id: string };

/** Every secret is written once and never overwritten; the version is that of the content's form. */
const VERSION = 1;

/** Opens a secret. Throws VAULT_TAMPERED. */
export const openSealedRow = async (db: Kysely<VaultSchema>, sealer: Sealer, name: SealedName): Promise<Uint8Array | undefined> => {
  const row = await db.selectFrom("sealed").selectAll().where("kind", "=", name.kind).where("id", "=", name.id).executeTakeFirst();
  if (row === undefined) return undefined;
  return sealer.open({ ...name, version: row.version }, { wrappedKey: row.wrapped_key, body: row.body });
};

/** Seals a secret once. The same bytes again are fine; others throw VAULT_CONFLICT. True when it is new. */
export const saveSealedRow = async (db: Kysely<VaultSchema>, sealer: Sealer, name: SealedName, secret: Uint8Array): Promise<boolean> => {
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
  await moveRoll(db, sealer, { sum: rollTermOf(sealer, place, parts) });
  return true;
};

/** Destroys a secret's data key with its row; the file is compacted after the transaction. True when there was one. */
export const eraseSealedRow = async (db: Kysely<VaultSchema>, sealer: Sealer, name: SealedName): Promise<boolean> => {
  const row = await db.selectFrom("sealed").selectAll().where("kind", "=", name.kind).where("id", "=", name.id).executeTakeFirst();
  if (row === undefined) return false;
  await db.deleteFrom("sealed").where("kind", "=", name.kind).where("id", "=", name.id).execute();
  await moveRoll(db, sealer, { sum: -rollTermOf(sealer, row, { wrappedKey: row.wrapped_key, body: row.body }) });
  await db
    .insertInto("compaction")
    .values({ id: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return true;
};
