/**
 * Version 11: secrets have a file of their own. They are copied there as they are, durably, before the records' file says that they are; a process that ends
 * in between leaves a vault of the earlier version beside a copy, which is made again.
 */
import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { moveRoll, ROLL_KIND } from "../sealing/roll.ts";
import type { Sealer } from "../sealing/sealer.ts";
import type { SecretsFile } from "../secrets/secretsFile.ts";

const KINDS = ["check", ROLL_KIND];
const STAYING = KINDS.map((kind) => `'${kind}'`).join(", ");

/**
 * Copies the secrets of a vault of an earlier version, as its file has them. Throws VAULT_TAMPERED where the file of secrets has others: then it is no copy
 * that was cut short.
 */
export const copySecrets = (secrets: SecretsFile, sealer: Pick<Sealer, "rollKey">, recordsPath: string): void => {
  const { raw, exec } = secrets.file;
  secrets.file.guarded(() => raw.prepare("ATTACH ? AS records").run(recordsPath));
  try {
    const foreign = secrets.file.guarded(() =>
      raw
        .prepare(`SELECT count(*) AS count FROM (SELECT kind, id, wrapped_key, body FROM main.sealed
          EXCEPT SELECT kind, id, wrapped_key, body FROM records.sealed)`)
        .get(),
    );
    if (foreign?.count !== 0)
      throw new VaultError(
        "VAULT_TAMPERED",
        "secrets.sqlite holds secrets that vault.sqlite, of an earlier version, has not. Restore both from one backup, or the earlier one alone.",
      );
    secrets.clear();
    exec(`INSERT INTO main.sealed (kind, id, version, wrapped_key, body)
      SELECT kind, id, version, wrapped_key, body FROM records.sealed WHERE kind NOT IN (${STAYING}) ORDER BY rowid`);
  } finally {
    exec("DETACH records");
  }
  secrets.change(sealer, { state: { ...FIRST, added: [] }, isErasure: false });
};

const FIRST = { written: 1, erased: 0 };

/** Takes them out of the records' file, in the transaction of the migration; what is left of their bytes there goes when it is compacted. */
export const removeSecrets = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<void> => {
  await db.deleteFrom("anchor").where("kind", "not in", KINDS).execute();
  await db
    .insertInto("compaction")
    .values({ id: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await moveRoll(db, sealer, { secrets: { ...FIRST, since: 0, erasing: [] } });
};
