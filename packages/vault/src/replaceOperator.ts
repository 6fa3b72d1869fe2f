import { resolve } from "node:path";
import type { Address } from "@keyquorum/wire";
import type { Kysely } from "kysely";
import { createCompaction } from "./compaction/compaction.ts";
import { createDamageBook, type DamageBook } from "./damage.ts";
import { assertFiles, vaultFiles } from "./database/files.ts";
import { hasSchema } from "./database/migrations.ts";
import { openDatabase, type VaultFile } from "./database/nodeSqlite.ts";
import type { VaultSchema } from "./database/schema.ts";
import { holdWriterLock } from "./database/writerLock.ts";
import { VaultError } from "./errors.ts";
import { movePin } from "./formerOperators.ts";
import { loadSealer } from "./kekRecord.ts";
import { assertPin, operatorOf } from "./pin.ts";
import { loadRoll, ROLL_KIND, reduce, rollTermOf, saveRoll } from "./sealing/roll.ts";
import { deleteTerm, saveTerm } from "./sealing/rollEntries.ts";
import { rollTermOfRow } from "./sealing/sealedRows.ts";
import type { Sealer } from "./sealing/sealer.ts";
import { verifySealedRows } from "./sealing/verifySealedRows.ts";
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
 * them are sealed again. One transaction: a crash leaves the vault bound to the one or to the other, whole. Where it is bound to that operator
 * already, nothing is done. Throws what `openVault` throws.
 */
export const replaceVaultOperator = async (options: VaultOptions): Promise<ReplacedOperator> => {
  const directory = resolve(options.directory);
  assertFiles(directory);
  const files = vaultFiles(directory);
  const lock = holdWriterLock(files.lock);
  try {
    const file = openDatabase(files.database);
    try {
      return await replaceIn(file, options);
    } finally {
      await file.close();
    }
  } finally {
    lock.release();
  }
};

const replaceIn = async (file: VaultFile, options: VaultOptions): Promise<ReplacedOperator> => {
  const { db } = file;
  if (!(await hasSchema(db)))
    throw new VaultError("VAULT_MISSING", `There is no vault in ${options.directory}.`, { directory: options.directory });
  const [from, to] = [await operatorOf(db), options.pin.operator];
  const pin = { ...options.pin, operator: from };
  const before = await db.transaction().execute((trx) =>
    migrateVault(trx, options.clock(), async () => {
      await assertPin(trx, pin);
      return loadSealer(trx, { ...options, pin });
    }),
  );
  const damage = createDamageBook();
  for (const damaged of await verifySealedRows(db, before)) damage.note(damaged);
  const after = before.boundTo(options.pin);
  const dropped = await db.transaction().execute(async (trx) => (from === to ? [] : move(trx, { before, after, from, to, damage })));
  // What was sealed before is still in free pages, and would outlive a later erasure.
  await createCompaction(file)();
  return { from, to, dropped };
};

const move = async (
  trx: Kysely<VaultSchema>,
  {
    before,
    after,
    from,
    to,
    damage,
  }: {
    readonly before: Sealer;
    readonly after: Sealer;
    readonly from: Address;
    readonly to: Address;
    readonly damage: DamageBook;
  },
): Promise<ReplacedOperator["dropped"]> => {
  const roll = await loadRoll(trx, before);
  let change = 0n;
  for (const row of await trx.selectFrom("sealed").selectAll().where("kind", "!=", ROLL_KIND).execute()) {
    if (damage.has({ table: "sealed", kind: row.kind, id: row.id })) continue; // it stays what it is: unusable, and counted
    const secret = before.open(row, { wrappedKey: row.wrapped_key, body: row.body });
    const parts = after.seal(row, secret);
    secret.fill(0);
    const values = { wrapped_key: parts.wrappedKey, body: parts.body };
    const { numUpdatedRows } = await trx
      .updateTable("sealed")
      .set(values)
      .where("kind", "=", row.kind)
      .where("id", "=", row.id)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n)
      throw new VaultError("VAULT_IO", "A sealed record could not be written. Check the disk.", { kind: row.kind });
    const [former, term] = [rollTermOfRow(before, row) ?? 0n, rollTermOf(after, row, parts)];
    await deleteTerm(trx, row);
    await saveTerm(trx, row, term);
    change += term - former;
  }
  await saveRoll(trx, after, { ...roll, sum: reduce(roll.sum + change), version: roll.version + 1 });
  await movePin(trx, after, { from, to });
  const dropped = await trx.selectFrom("outbox").select(["id", "entry"]).orderBy("id").execute();
  await trx.deleteFrom("outbox").execute();
  await trx
    .insertInto("compaction")
    .values({ id: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return dropped.map(({ id, entry }) => ({ id, entry: decodeStored(entry) }));
};
