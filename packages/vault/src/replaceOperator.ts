import { resolve } from "node:path";
import type { Address } from "@keyquorum/wire";
import type { Kysely } from "kysely";
import { assertFiles, vaultFiles } from "./database/files.ts";
import { migrate } from "./database/migrations.ts";
import { openDatabase } from "./database/nodeSqlite.ts";
import type { VaultSchema } from "./database/schema.ts";
import { holdWriterLock } from "./database/writerLock.ts";
import { VaultError } from "./errors.ts";
import { loadSealer } from "./kekRecord.ts";
import { assertPin, movePin, operatorOf } from "./pin.ts";
import { loadRoll, ROLL_KIND, rollTermOf, saveRoll, verifyRoll } from "./sealing/roll.ts";
import type { Sealer } from "./sealing/sealer.ts";
import { decodeStored } from "./storedJson.ts";
import { createTransactions } from "./transactions.ts";
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
 * them are sealed anew. One transaction: a crash leaves the vault bound to the one or to the other, whole. Where it is bound to that operator
 * already, nothing is done. Throws what `openVault` throws.
 */
export const replaceVaultOperator = async (options: VaultOptions): Promise<ReplacedOperator> => {
  const directory = resolve(options.directory);
  assertFiles(directory);
  const files = vaultFiles(directory);
  const lock = holdWriterLock(files.lock);
  try {
    const { db, raw } = openDatabase(files.database);
    try {
      return await replaceIn(db, options);
    } finally {
      await db.destroy();
      if (raw.isOpen) raw.close();
    }
  } finally {
    lock.release();
  }
};

const replaceIn = async (db: Kysely<VaultSchema>, options: VaultOptions): Promise<ReplacedOperator> => {
  await db.transaction().execute((trx) => migrate(trx, options.clock()));
  const [from, to] = [await operatorOf(db), options.pin.operator];
  const pin = { ...options.pin, operator: from };
  await assertPin(db, pin);
  const before = await loadSealer(db, { ...options, pin });
  await verifyRoll(db, before);
  const after = before.boundTo(options.pin);
  const dropped = await db.transaction().execute(async (trx) => (from === to ? [] : move(trx, { before, after, from, to })));
  // What was sealed before is still in free pages, and would outlive a later erasure.
  await createTransactions(db, after, options.clock).compact();
  return { from, to, dropped };
};

const move = async (
  trx: Kysely<VaultSchema>,
  { before, after, from, to }: { readonly before: Sealer; readonly after: Sealer; readonly from: Address; readonly to: Address },
): Promise<ReplacedOperator["dropped"]> => {
  const roll = await loadRoll(trx, before);
  let sum = 0n;
  for (const row of await trx.selectFrom("sealed").selectAll().where("kind", "!=", ROLL_KIND).execute()) {
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
    sum += rollTermOf(after, row, parts);
  }
  await saveRoll(trx, after, { ...roll, sum: sum % (1n << 256n), version: roll.version + 1 });
  await movePin(trx, from, to);
  const dropped = await trx.selectFrom("outbox").select(["id", "entry"]).orderBy("id").execute();
  await trx.deleteFrom("outbox").execute();
  await trx
    .insertInto("compaction")
    .values({ id: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return dropped.map(({ id, entry }) => ({ id, entry: decodeStored(entry) }));
};
