import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { type OpenRoll, rollTermOf } from "./roll.ts";
import { type SealedName, saveTerm } from "./rollEntries.ts";
import type { Sealer } from "./sealer.ts";

const VERSION = 1;

/** Seals a record of the records' own file, which holds no secret, and lists it in the roll. */
export const saveAnchor = async (
  db: Kysely<VaultSchema>,
  { sealer, roll }: { readonly sealer: Sealer; readonly roll: OpenRoll },
  name: SealedName,
  content: Uint8Array,
): Promise<void> => {
  const place = { ...name, version: VERSION };
  const parts = sealer.seal(place, content);
  await db
    .insertInto("anchor")
    .values({ ...place, wrapped_key: parts.wrappedKey, body: parts.body })
    .execute();
  const term = rollTermOf(sealer, place, parts);
  await saveTerm(db, name, term);
  await roll.move(db, { sum: term });
};

/** Opens one, whatever the roll says: for what is read before the roll can be. Throws VAULT_TAMPERED. */
export const openAnchor = async (db: Kysely<VaultSchema>, sealer: Sealer, { kind, id }: SealedName): Promise<Uint8Array | undefined> => {
  const row = await db.selectFrom("anchor").selectAll().where("kind", "=", kind).where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : sealer.open(row, { wrappedKey: row.wrapped_key, body: row.body });
};
