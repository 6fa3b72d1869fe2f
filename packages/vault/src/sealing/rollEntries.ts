import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";

/** Names a secret. */
export type SealedName = { readonly kind: string; readonly id: string };

/** Terms of the roll's sum, one per secret. What has a term was written and not erased, whether or not its row is still there. */

export const termOf = async (db: Kysely<VaultSchema>, { kind, id }: SealedName): Promise<bigint | undefined> => {
  const row = await db.selectFrom("roll_entry").select("term").where("kind", "=", kind).where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : bigintOf(row.term);
};

export const saveTerm = async (db: Kysely<VaultSchema>, { kind, id }: SealedName, term: bigint): Promise<void> => {
  await db
    .insertInto("roll_entry")
    .values({ kind, id, term: bytesOf(term) })
    .execute();
};

export const deleteTerm = async (db: Kysely<VaultSchema>, { kind, id }: SealedName): Promise<void> => {
  await db.deleteFrom("roll_entry").where("kind", "=", kind).where("id", "=", id).execute();
};

/** Ids of all secrets of a kind, sorted as text. */
export const listedIds = async (db: Kysely<VaultSchema>, kind: string): Promise<readonly string[]> =>
  (await db.selectFrom("roll_entry").select("id").where("kind", "=", kind).orderBy("id").execute()).map(({ id }) => id);

/** The ids of a kind that begin with `prefix`, which ends with "/", and are greater than `after`, sorted by their bytes. */
export const listedIdsUnder = async (
  db: Kysely<VaultSchema>,
  kind: string,
  { prefix, after, limit }: { readonly prefix: string; readonly after: string; readonly limit: number | undefined },
): Promise<readonly string[]> => {
  const above = `${prefix.slice(0, -1)}0`; // "0" is what comes behind "/"
  let query = db
    .selectFrom("roll_entry")
    .select("id")
    .where("kind", "=", kind)
    .where("id", ">", after)
    .where("id", "<", above)
    .orderBy("id");
  if (limit !== undefined) query = query.limit(limit);
  return (await query.execute()).map(({ id }) => id);
};

export type Term = SealedName & { readonly term: bigint };

export const allTerms = async (db: Kysely<VaultSchema>): Promise<readonly Term[]> =>
  (await db.selectFrom("roll_entry").selectAll().execute()).map(({ kind, id, term }) => ({ kind, id, term: bigintOf(term) }));

export const replaceTerms = async (db: Kysely<VaultSchema>, terms: readonly Term[]): Promise<void> => {
  await db.deleteFrom("roll_entry").execute();
  for (const { term, ...name } of terms) await saveTerm(db, name, term);
};

/** A damaged row may hold anything. */
const bigintOf = (term: unknown): bigint => (term instanceof Uint8Array ? BigInt(`0x${Buffer.from(term).toString("hex") || "0"}`) : -1n);
const bytesOf = (term: bigint): Uint8Array => Uint8Array.from(Buffer.from(term.toString(16).padStart(64, "0"), "hex"));
