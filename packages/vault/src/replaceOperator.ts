import { resolve } from "node:path";
import type { Address } from "@keyquorum/wire";
import type { Kysely } from "kysely";
import { createCompaction } from "./compaction/compaction.ts";
import { createDamageBook, type DamageBook } from "./damage.ts";
import { assertFiles, assertRecords, vaultFiles } from "./database/files.ts";
import { hasSchema } from "./database/migrations.ts";
import { type OpenFiles, openFiles } from "./database/openFiles.ts";
import type { VaultSchema } from "./database/schema.ts";
import { holdWriterLock } from "./database/writerLock.ts";
import { VaultError } from "./errors.ts";
import { movePin } from "./formerOperators.ts";
import { loadSealer } from "./kekRecord.ts";
import { assertPin, operatorOf } from "./pin.ts";
import { createRollBook, loadRoll, type OpenRoll, ROLL_KIND, rollTermOf, saveRoll } from "./sealing/roll.ts";
import { deleteTerm, saveTerm } from "./sealing/rollEntries.ts";
import { rollTermOfRow, type SealedRow } from "./sealing/sealedRows.ts";
import type { SealedParts, Sealer } from "./sealing/sealer.ts";
import { createSecretsBook, type SecretsBook } from "./secrets/secretsBook.ts";
import type { SecretsFile } from "./secrets/secretsFile.ts";
import { settleSecrets } from "./secrets/settleSecrets.ts";
import { decodeStored } from "./storedJson.ts";
import { migrateVault } from "./upgrades/migrateVault.ts";
import type { VaultOptions } from "./vault.ts";

/** What a change of operator did. Public. */
export type ReplacedOperator = {
  readonly from: Address;
  readonly to: Address;
  /** Records of the former account's transactions, which are forgotten. */
  readonly dropped: readonly { readonly id: string; readonly entry: unknown }[];
};

/**
 * Binds an existing vault to another operator, `options.pin.operator`: every sealed record is bound to the operator (PROTOCOL section 7), so all of
 * them are sealed again: first secrets beside the former ones, then in one transaction all that names them. A crash leaves the vault bound to the one or to the other, whole. Where it is bound to that operator
 * already, nothing is done. Throws what `openVault` throws.
 */
export const replaceVaultOperator = async (options: VaultOptions): Promise<ReplacedOperator> => {
  const directory = resolve(options.directory);
  assertFiles(directory);
  assertRecords(directory);
  const lock = holdWriterLock(vaultFiles(directory).lock);
  try {
    const files = await openFiles(directory);
    try {
      return await replaceIn(files, options);
    } finally {
      await files.close();
    }
  } finally {
    lock.release();
  }
};

const replaceIn = async ({ records, secrets, recordsPath }: OpenFiles, options: VaultOptions): Promise<ReplacedOperator> => {
  const { db } = records;
  if (!(await hasSchema(db)))
    throw new VaultError("VAULT_MISSING", `There is no vault in ${options.directory}.`, { directory: options.directory });
  const [from, to] = [await operatorOf(db), options.pin.operator];
  const pin = { ...options.pin, operator: from };
  const before = await db.transaction().execute((trx) => {
    const load = async (): Promise<Sealer> => {
      await assertPin(trx, pin);
      return loadSealer(trx, { ...options, pin });
    };
    return migrateVault(trx, { now: options.clock(), load, secrets, recordsPath });
  });
  const damage = createDamageBook();
  const { damaged, ...settled } = await settleSecrets(db, { sealer: before, secrets });
  for (const one of damaged) damage.note(one);
  const book = createSecretsBook({ file: secrets, sealer: before, ...settled, untilFree: async () => undefined });
  const after = before.boundTo(options.pin);
  const dropped = await db
    .transaction()
    .execute(async (trx) => (from === to ? [] : move(trx, { before, after, from, to, damage, secrets, book })));
  book.commit();
  // What was sealed before would outlive a later erasure.
  book.erase();
  for (const file of [records, secrets.file]) await createCompaction(file)(); // where somebody reads, it stays due: no vault is opened before the records' is done
  await db.transaction().execute(async (trx) => {
    const roll = createRollBook(from === to ? before : after);
    await book.write(trx, roll);
    await roll.seal(trx);
  });
  return { from, to, dropped };
};

type Move = {
  readonly before: Sealer;
  readonly after: Sealer;
  readonly from: Address;
  readonly to: Address;
  readonly damage: DamageBook;
  readonly secrets: SecretsFile;
  readonly book: SecretsBook;
};

const move = async (trx: Kysely<VaultSchema>, moved: Move): Promise<ReplacedOperator["dropped"]> => {
  const { before, after, from, to, secrets, book } = moved;
  const roll = createRollBook(before);
  const anchors = await trx.selectFrom("anchor").selectAll().where("kind", "!=", ROLL_KIND).execute();
  for (const row of anchors) {
    const parts = await reseal(trx, { ...moved, roll }, row);
    if (parts === undefined) continue;
    const values = { wrapped_key: parts.wrappedKey, body: parts.body };
    await trx.updateTable("anchor").set(values).where("kind", "=", row.kind).where("id", "=", row.id).execute();
  }
  for (let last: number | undefined; ; ) {
    const page = await secrets.page(last, PAGE);
    for (const { number: _number, ...row } of page) {
      const parts = await reseal(trx, { ...moved, roll }, row);
      if (parts === undefined) continue;
      book.remove(row, true);
      book.add({ ...row, wrapped_key: parts.wrappedKey, body: parts.body });
    }
    last = page.at(-1)?.number;
    if (page.length < PAGE || last === undefined) break;
  }
  await book.write(trx, roll);
  const moving = await roll.load(trx);
  await saveRoll(trx, after, { ...moving, version: (await loadRoll(trx, before)).version + 1 });
  await movePin(trx, after, { from, to });
  const dropped = await trx.selectFrom("outbox").select(["id", "entry"]).orderBy("id").execute();
  await trx.deleteFrom("outbox").execute();
  return dropped.map(({ id, entry }) => ({ id, entry: decodeStored(entry) }));
};

/** So many secrets at a time are read. */
const PAGE = 100;

/** Seals a record for the next operator, and lists it in the roll; undefined: it is damaged, and stays what it is: unusable, and counted. */
const reseal = async (
  trx: Kysely<VaultSchema>,
  { before, after, damage, roll }: Move & { readonly roll: OpenRoll },
  row: SealedRow,
): Promise<SealedParts | undefined> => {
  if (damage.has({ table: "sealed", kind: row.kind, id: row.id })) return undefined;
  const secret = before.open(row, { wrappedKey: row.wrapped_key, body: row.body });
  const parts = after.seal(row, secret);
  secret.fill(0);
  const [former, term] = [rollTermOfRow(before, row) ?? 0n, rollTermOf(after, row, parts)];
  await deleteTerm(trx, row);
  await saveTerm(trx, row, term);
  await roll.move(trx, { sum: term - former });
  return parts;
};
