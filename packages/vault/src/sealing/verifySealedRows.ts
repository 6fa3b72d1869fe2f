import { type Kysely, sql } from "kysely";
import type { Damage } from "../damage.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { loadRoll, ROLL_KIND, type RollReader, reduce, storedRoll } from "./roll.ts";
import { allTerms, replaceTerms, type SealedName, type Term } from "./rollEntries.ts";
import { noteCompaction, openUnlistedRow, rollTermOfRow, type SealedRow } from "./sealedRows.ts";
import type { Sealer } from "./sealer.ts";

/** Without these nothing can be answered, or nothing be opened; and nobody can give them back. */
const VITAL: readonly string[] = ["own_secret", "check"];

/**
 * Compares every sealed row with the roll, and answers with those that were changed, exchanged or deleted: each of them is unusable by itself, no more.
 * Throws VAULT_TAMPERED when the roll does not add up, which an older file does not; when there is a row that was never written or was erased; and when
 * a damaged one is an own secret. Terms that were damaged themselves are made again of rows that add up.
 */
export const verifySealedRows = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<readonly Damage[]> => {
  const found = await compareSealedRows(db, { sealer, roll: storedRoll(sealer) });
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
export const doesRollAddUp = async (db: Kysely<VaultSchema>, sealing: Verifying): Promise<boolean> => {
  try {
    if (sumOf(await allTerms(db)) !== (await sealing.roll.load(db)).sum) await compareSealedRows(db, sealing);
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
  const [{ sum }, rows] = [await loadRoll(db, sealer), await seenRows(db, sealer)];
  const terms = termsOf(rows);
  // Name the row if one of them is at fault by itself.
  if (sumOf(terms) !== sum) for (const { kind, id } of rows) (await openUnlistedRow(db, sealer, { kind, id }))?.fill(0);
  if (sumOf(terms) !== sum) throw rolledBack();
  await replaceTerms(db, terms);
};

type Verifying = { readonly sealer: Sealer; readonly roll: RollReader };

/** `damaged` has the misnamed, too: rows that no longer open by their name. `unlisted`: one that does, and is not in the roll. */
type Compared = {
  readonly damaged: readonly Damage[];
  readonly misnamed: readonly SealedName[];
  readonly unlisted: SealedName | undefined;
};

const compareSealedRows = async (db: Kysely<VaultSchema>, { sealer, roll }: Verifying): Promise<Compared> => {
  const [{ sum }, rows, listed] = [await roll.load(db), await seenRows(db, sealer), await allTerms(db)];
  const terms = termsOf(rows);
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
  const misnamed: SealedName[] = [];
  for (const row of unlisted) if (!(await opensByItsName(db, sealer, row))) misnamed.push({ kind: row.kind, id: row.id });
  return {
    damaged: [...listed.filter((term) => found.get(nameOf(term)) !== term.term), ...misnamed].map(damageOf),
    misnamed,
    unlisted: unlisted.find((row) => !misnamed.some((one) => nameOf(one) === nameOf(row))),
  };
};

/** What was written does, and what was erased and is back; a row whose name was damaged does not, and is of no use to anybody. */
const opensByItsName = async (db: Kysely<VaultSchema>, sealer: Sealer, { kind, id, term }: SeenRow): Promise<boolean> => {
  if (term === undefined) return false;
  try {
    (await openUnlistedRow(db, sealer, { kind, id }))?.fill(0);
    return true;
  } catch (error) {
    if (error instanceof VaultError && error.code === "VAULT_TAMPERED") return false;
    throw error;
  }
};

/** A row of a secret, without what it holds. `term`: what it is in the roll's sum; undefined: it holds no bytes. */
type SeenRow = SealedName & { readonly term: bigint | undefined };

/** So many rows at a time: of an extension's, 64 kB each. */
const PAGE = 100;

/** All rows of secrets; a page of them at a time is in memory whole. */
const seenRows = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<readonly SeenRow[]> => {
  const seen: SeenRow[] = [];
  let after: number | undefined;
  for (;;) {
    const behind = after === undefined ? sql<boolean>`TRUE` : sql<boolean>`rowid > ${after}`;
    const { rows } = await sql<SealedRow & { readonly row_number: number }>`SELECT rowid AS row_number, * FROM sealed
      WHERE ${behind} AND kind != ${ROLL_KIND} ORDER BY rowid LIMIT ${PAGE}`.execute(db);
    for (const row of rows) seen.push({ kind: row.kind, id: row.id, term: rollTermOfRow(sealer, row) });
    const last = rows.at(-1)?.row_number;
    // A damaged number is none of JavaScript's, and may not be followed by a greater one.
    if (last === undefined || rows.length < PAGE || (after !== undefined && last <= after)) return seen;
    after = last;
  }
};

const termsOf = (rows: readonly SeenRow[]): readonly Term[] =>
  rows.flatMap(({ kind, id, term }) => (term === undefined ? [] : [{ kind, id, term }]));

const sumOf = (terms: readonly Term[]): bigint => reduce(terms.reduce((sum, { term }) => sum + term, 0n));
const nameOf = ({ kind, id }: SealedName): string => JSON.stringify([kind, id]);
const damageOf = ({ kind, id }: SealedName): Damage => ({ table: "sealed", kind, id });

const rolledBack = (details: Readonly<Record<string, unknown>> = {}): VaultError =>
  new VaultError(
    "VAULT_TAMPERED",
    "A sealed record was added, or the vault's file was rolled back. Restore the vault from a backup.",
    details,
  );
