import type { Kysely } from "kysely";
import type { Damage } from "../damage.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import type { SecretRow, SecretsFile } from "../secrets/secretsFile.ts";
import { loadRoll, ROLL_KIND, type RollReader, reduce, storedRoll } from "./roll.ts";
import { allTerms, replaceTerms, type SealedName, type Term } from "./rollEntries.ts";
import { openRow, rollTermOfRow } from "./sealedRows.ts";
import type { Sealer } from "./sealer.ts";

/** Without these nothing can be answered, or nothing be opened; and nobody can give them back. */
const VITAL: readonly string[] = ["own_secret", "check"];

export type Verified = {
  readonly damaged: readonly Damage[];
  /** Numbers of rows in the file of secrets that are to be deleted: what was cut short, and rows whose names were damaged and that nobody misses. */
  readonly leftOver: readonly number[];
};

/**
 * Compares every sealed row with the roll, and answers with those that were changed, exchanged or deleted: each of them is unusable by itself, no more.
 * Throws VAULT_TAMPERED when the roll does not add up, which an older file does not; when there is a row that was never written or was erased; and when
 * a damaged one is an own secret. Terms that were damaged themselves are made again of rows that add up. `cutShort`: names of secrets that may be there
 * and are not the vault's; of these only the one that the roll has stays.
 */
export const verifySealedRows = async (
  db: Kysely<VaultSchema>,
  { sealer, secrets, cutShort }: { readonly sealer: Sealer; readonly secrets: SecretsFile; readonly cutShort: readonly SealedName[] },
): Promise<Verified> => {
  const listed = new Map((await allTerms(db)).map((term) => [nameOf(term), term.term]));
  const names = new Set(cutShort.map(nameOf));
  const cut: number[] = [];
  const isCut = ({ number, ...row }: SeenRow): boolean => {
    if (number === undefined || !names.has(nameOf(row)) || listed.get(nameOf(row)) === row.term) return false;
    cut.push(number);
    return true;
  };
  const found = await compareSealedRows(db, { sealer, secrets, roll: storedRoll(sealer), isLeftOver: isCut });
  await refuseOlderRoll(db, sealer);
  if (found.unlisted !== undefined) throw rolledBack({ kind: found.unlisted.kind, id: found.unlisted.id });
  const vital = found.damaged.find(({ kind = "" }) => VITAL.includes(kind));
  if (vital === undefined) return withoutLeftOver(found, cut);
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

/** Where no secret is missing, a row whose name was damaged is of one that was repaired or erased since: it goes. */
const withoutLeftOver = ({ damaged, misnamed }: Compared, cut: readonly number[]): Verified => {
  const numbers = misnamed.flatMap(({ number }) => (number === undefined ? [] : [number]));
  if (numbers.length < misnamed.length || damaged.length > misnamed.length) return { damaged, leftOver: cut };
  return { damaged: [], leftOver: [...cut, ...numbers] };
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

/** How damage of what the file of secrets says of itself is called. */
export const STATE_DAMAGE: Damage = { table: "secrets", id: "state" };

/** Whether it stops the next start. */
export const isVital = ({ table, kind = "" }: Damage): boolean =>
  table === STATE_DAMAGE.table || (table === "sealed" && (kind === ROLL_KIND || VITAL.includes(kind)));

/** Fills the places in the roll of a vault of an earlier version, which has none. Throws VAULT_TAMPERED when its rows do not add up. */
export const listSealedRows = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<void> => {
  const [{ sum }, rows] = [await loadRoll(db, sealer), await seenAnchors(db, sealer)];
  const terms = termsOf(rows);
  // Name the row if one of them is at fault by itself.
  if (sumOf(terms) !== sum) for (const { open } of rows) (await open()).fill(0);
  if (sumOf(terms) !== sum) throw rolledBack();
  await replaceTerms(db, terms);
};

type Verifying = {
  readonly sealer: Sealer;
  readonly secrets: SecretsFile;
  readonly roll: RollReader;
  /** Whether a row is in the file and none of the vault's any more. */
  readonly isLeftOver: (row: SeenRow) => boolean;
};

/** `damaged` has the misnamed, too: rows that no longer open by their name. `unlisted`: one that does, and is not in the roll. */
type Compared = {
  readonly damaged: readonly Damage[];
  readonly misnamed: readonly SeenRow[];
  readonly unlisted: SealedName | undefined;
};

const compareSealedRows = async (db: Kysely<VaultSchema>, { sealer, secrets, roll, isLeftOver }: Verifying): Promise<Compared> => {
  const [{ sum }, listed] = [await roll.load(db), await allTerms(db)];
  const rows = [...(await seenAnchors(db, sealer)), ...(await seenSecrets(secrets, sealer))].filter((row) => !isLeftOver(row));
  const terms = termsOf(rows);
  const expected = new Map(listed.map((term) => [nameOf(term), term.term]));
  const found = new Set<string>();
  /** Rows beside the one that the roll has; where that one is missing, what stands in its place is damaged, and not beside it. */
  const beside: SeenRow[] = [];
  for (const row of rows) {
    const name = nameOf(row);
    if (!found.has(name) && expected.has(name) && expected.get(name) === row.term) found.add(name);
    else beside.push(row);
  }
  const unlisted = beside.filter((row) => found.has(nameOf(row)) || !expected.has(nameOf(row)));
  if (sumOf(listed) !== sum || unlisted.length > 0) {
    if (sumOf(terms) === sum) {
      await replaceTerms(db, terms); // the rows are right: a term, or its name, was damaged
      return { damaged: [], misnamed: [], unlisted: undefined };
    }
    if (sumOf(listed) !== sum) throw rolledBack();
  }
  const misnamed: SeenRow[] = [];
  for (const row of unlisted) if (!(await opensByItsName(row))) misnamed.push(row);
  return {
    damaged: [...listed.filter((term) => !found.has(nameOf(term))), ...misnamed].map(damageOf),
    misnamed,
    unlisted: unlisted.find((row) => !misnamed.includes(row)),
  };
};

/** What was written does, and what was erased and is back; a row whose name was damaged does not, and is of no use to anybody. */
const opensByItsName = async ({ term, open }: SeenRow): Promise<boolean> => {
  if (term === undefined) return false;
  try {
    (await open()).fill(0);
    return true;
  } catch (error) {
    if (error instanceof VaultError && error.code === "VAULT_TAMPERED") return false;
    throw error;
  }
};

/**
 * A sealed row, without what it holds. `term`: what it is in the roll's sum; undefined: it holds no bytes. `number`: in the file of secrets; undefined: the
 * row is in the records' own. `open` reads it again.
 */
type SeenRow = SealedName & {
  readonly term: bigint | undefined;
  readonly number: number | undefined;
  readonly open: () => Promise<Uint8Array>;
};

const seenAnchors = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<readonly SeenRow[]> => {
  const rows = await db.selectFrom("anchor").selectAll().where("kind", "!=", ROLL_KIND).execute();
  return rows.map((row) => {
    const term = rollTermOfRow(sealer, row);
    return { kind: row.kind, id: row.id, number: undefined, term, open: async () => openRow(sealer, row) };
  });
};

/** So many rows at a time: of an extension's, 64 kB each. */
const PAGE = 100;

/** All rows of secrets; a page of them at a time is in memory whole. */
const seenSecrets = async (secrets: SecretsFile, sealer: Sealer): Promise<readonly SeenRow[]> => {
  const seen: SeenRow[] = [];
  let after: number | undefined;
  for (;;) {
    const rows = await secrets.page(after, PAGE);
    for (const row of rows) seen.push(seenSecret(secrets, sealer, row));
    const last = rows.at(-1)?.number;
    // A damaged number is none of JavaScript's, and may not be followed by a greater one.
    if (last === undefined || rows.length < PAGE || (after !== undefined && last <= after)) return seen;
    after = last;
  }
};

/** What is kept of a row holds nothing of the page that it was read in. */
const seenSecret = (secrets: SecretsFile, sealer: Sealer, row: SecretRow): SeenRow => {
  const [{ kind, id, number }, term] = [row, rollTermOfRow(sealer, row)];
  const open = async (): Promise<Uint8Array> => {
    const again = await secrets.rowAt(number);
    if (again === undefined) throw rolledBack({ kind, id });
    return openRow(sealer, again);
  };
  return { kind, id, number, term, open };
};

const termsOf = (rows: readonly SeenRow[]): readonly Term[] =>
  rows.flatMap(({ kind, id, term }) => (term === undefined ? [] : [{ kind, id, term }]));

const sumOf = (terms: readonly Term[]): bigint => reduce(terms.reduce((sum, { term }) => sum + term, 0n));
const nameOf = ({ kind, id }: SealedName): string => JSON.stringify([kind, id]);
const damageOf = ({ kind, id }: SealedName): Damage => ({ table: "sealed", kind, id });

const rolledBack = (details: Readonly<Record<string, unknown>> = {}): VaultError =>
  new VaultError(
    "VAULT_TAMPERED",
    "A sealed record was added, or one of the vault's files was rolled back. Restore both files from one backup.",
    details,
  );
