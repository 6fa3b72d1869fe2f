import type { Kysely } from "kysely";
import type { Damage } from "../damage.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { loadRoll, ROLL_KIND, reduce } from "./roll.ts";
import { allTerms, replaceTerms, type SealedName, type Term } from "./rollEntries.ts";
import { noteCompaction, rollTermOfRow, type SealedRow } from "./sealedRows.ts";
import type { Sealer } from "./sealer.ts";

/** Without these nothing can be answered, or nothing be opened; and nobody can give them back. */
const VITAL: readonly string[] = ["own_secret", "check"];

/**
 * Compares every sealed row with the roll, and answers with those that were changed, exchanged or deleted: each of them is unusable by itself, no more.
 * Throws VAULT_TAMPERED when the roll does not add up, which an older file does not; when there is a row that was never written or was erased; and when
 * a damaged one is an own secret. Terms that were damaged themselves are made again of rows that add up.
 */
export const verifySealedRows = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<readonly Damage[]> => {
  const found = await compareSealedRows(db, sealer);
  await refuseOlderRoll(db, sealer);
  if (found.unlisted !== undefined) throw rolledBack({ kind: found.unlisted.kind, id: found.unlisted.id });
  const vital = found.damaged.find(({ kind = "" }) => VITAL.includes(kind));
  if (vital === undefined) return withoutLeftOver(db, found);
  throw new VaultError(
    "VAULT_TAMPERED",
    "A secret of the keeper itself was changed, replaced or deleted. Restore the vault from a backup.",
    {
      kind: vital.kind,
      id: vital.id,
    },
  );
};

/**
 * A roll of before the newest release would count lives of the keeper a second time: the log continues from its end then, or was pruned
 * behind it. Any other record behind it was damaged or added, which is for the log's own verification to tell: it costs no more than the log.
 */
const refuseOlderRoll = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<void> => {
  const { auditSeq, auditHash } = await loadRoll(db, sealer);
  const pruned = await db.selectFrom("audit_checkpoint").select(["seq", "hash"]).where("seq", ">", auditSeq).executeTakeFirst();
  for (const end of [{ seq: auditSeq, hash: auditHash }, ...(pruned === undefined ? [] : [pruned])]) {
    const next = await db
      .selectFrom("audit")
      .select("prev_hash")
      .where("seq", "=", end.seq + 1)
      .executeTakeFirst();
    if (next?.prev_hash === end.hash) throw rolledBack({ auditSeq, found: end.seq + 1 });
  }
};

/** Where no secret is missing, a row whose name was damaged is of one that was repaired or erased since: it goes, and the file is compacted. */
const withoutLeftOver = async (db: Kysely<VaultSchema>, { damaged, misnamed }: Compared): Promise<readonly Damage[]> => {
  if (misnamed.length === 0 || damaged.length > misnamed.length) return damaged;
  await noteCompaction(db);
  for (const { kind, id } of misnamed) await db.deleteFrom("sealed").where("kind", "=", kind).where("id", "=", id).execute();
  return [];
};

/** Whether the roll adds up now; terms that were damaged themselves are made again of rows that do. */
export const doesRollAddUp = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<boolean> => {
  try {
    if (sumOf(await allTerms(db)) !== (await loadRoll(db, sealer)).sum) await compareSealedRows(db, sealer);
    return true;
  } catch (error) {
    if (error instanceof VaultError && error.code === "VAULT_TAMPERED") return false;
    throw error;
  }
};

/** Whether it stops the next start. */
export const isVital = ({ table, kind = "" }: Damage): boolean => table === "sealed" && (kind === ROLL_KIND || VITAL.includes(kind));

/** Fills the places in the roll of a vault of an earlier version, which has none. Throws VAULT_TAMPERED when its rows do not add up. */
export const listSealedRows = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<void> => {
  const [{ sum }, rows] = [await loadRoll(db, sealer), await secretRows(db)];
  const terms = termsOf(sealer, rows);
  // Name the row if one of them is at fault by itself.
  if (sumOf(terms) !== sum) for (const row of rows) sealer.open(row, { wrappedKey: row.wrapped_key, body: row.body }).fill(0);
  if (sumOf(terms) !== sum) throw rolledBack();
  await replaceTerms(db, terms);
};

/** `damaged` has the misnamed, too: rows that no longer open by their name. `unlisted`: one that does, and is not in the roll. */
type Compared = {
  readonly damaged: readonly Damage[];
  readonly misnamed: readonly SealedName[];
  readonly unlisted: SealedName | undefined;
};

const compareSealedRows = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<Compared> => {
  const [{ sum }, rows, listed] = [await loadRoll(db, sealer), await secretRows(db), await allTerms(db)];
  const terms = termsOf(sealer, rows);
  const found = new Map(terms.map((term) => [nameOf(term), term.term]));
  const expected = new Set(listed.map(nameOf));
  const unlisted = rows.filter((row) => !expected.has(nameOf(row)));
  if (sumOf(listed) !== sum || unlisted.length > 0) {
    if (sumOf(terms) === sum) {
      await replaceTerms(db, terms); // the rows are right: a term, or its name, was damaged
      return { damaged: [], misnamed: [], unlisted: undefined };
    }
    if (sumOf(listed) !== sum) throw rolledBack();
  }
  const misnamed = unlisted.filter((row) => !opensByItsName(sealer, row));
  return {
    damaged: [...listed.filter((term) => found.get(nameOf(term)) !== term.term), ...misnamed].map(damageOf),
    misnamed,
    unlisted: unlisted.find((row) => !misnamed.includes(row)),
  };
};

/** What was written does, and what was erased and is back; a row whose name was damaged does not, and is of no use to anybody. */
const opensByItsName = (sealer: Sealer, row: SealedRow): boolean => {
  if (rollTermOfRow(sealer, row) === undefined) return false;
  try {
    sealer.open(row, { wrappedKey: row.wrapped_key, body: row.body }).fill(0);
    return true;
  } catch {
    return false;
  }
};

const secretRows = (db: Kysely<VaultSchema>): Promise<SealedRow[]> =>
  db.selectFrom("sealed").selectAll().where("kind", "!=", ROLL_KIND).execute();

const termsOf = (sealer: Sealer, rows: readonly SealedRow[]): readonly Term[] =>
  rows.flatMap((row) => {
    const term = rollTermOfRow(sealer, row);
    return term === undefined ? [] : [{ kind: row.kind, id: row.id, term }];
  });

const sumOf = (terms: readonly Term[]): bigint => reduce(terms.reduce((sum, { term }) => sum + term, 0n));
const nameOf = ({ kind, id }: SealedName): string => JSON.stringify([kind, id]);
const damageOf = ({ kind, id }: SealedName): Damage => ({ table: "sealed", kind, id });

const rolledBack = (details: Readonly<Record<string, unknown>> = {}): VaultError =>
  new VaultError(
    "VAULT_TAMPERED",
    "A sealed record was added, or the vault's file was rolled back. Restore the vault from a backup.",
    details,
  );
