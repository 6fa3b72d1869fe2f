import { VaultError } from "../errors.ts";
import { listedIdsUnder } from "../sealing/rollEntries.ts";
import { eraseSealedRow, openSealedRow, removeSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import { noteWhenDamaged, type StoreContext } from "./context.ts";
import { requireName } from "./extensionNames.ts";
import { valueBytesAt } from "./extensionUsage.ts";
import type { SealedKey, SealedTable, SealedTableStore } from "./types/sealedTables.ts";

export const EXTENSION_KIND = "extension";
export const MOST_KEY_BYTES = 256;
export const MOST_VALUE_BYTES = 65_536;

/** Neither an extension's name nor a table's has a "/", so that no two rows have one id. */
const prefixOf = ({ extension, table }: SealedTable): string =>
  `${requireName("an extension", extension)}/${requireName("a table", table)}/`;

const nameOf = ({ key, ...table }: SealedKey): { readonly kind: string; readonly id: string } => {
  const bytes = Buffer.byteLength(key, "utf8");
  if (bytes === 0 || bytes > MOST_KEY_BYTES || !key.isWellFormed() || key.includes("\0"))
    throw new VaultError("VAULT_VALUE_REFUSED", `A key must be text of 1 to ${MOST_KEY_BYTES} bytes.`, { ...table, bytes });
  return { kind: EXTENSION_KIND, id: `${prefixOf(table)}${key}` };
};

/** Rows of extensions: secrets among the keeper's own, under names of their own. */
export const createSealedTableStore = ({ run, sealer, roll, secrets, usage, damage, noteErased }: StoreContext): SealedTableStore => ({
  put: (at, value) =>
    run(async (db) => {
      const name = nameOf(at);
      if (value.length > MOST_VALUE_BYTES)
        throw new VaultError("VAULT_VALUE_REFUSED", `A value must not have more than ${MOST_VALUE_BYTES} bytes.`, {
          ...{ extension: at.extension, table: at.table, bytes: value.length },
        });
      const before = valueBytesAt(secrets, name);
      const change = { rows: before === undefined ? 1 : 0, bytes: value.length - (before ?? 0) };
      await usage.requireRoom(secrets, at.extension, change);
      await removeSealedRow(db, { sealer, roll, secrets }, name);
      await saveSealedRow(db, { sealer, roll, secrets }, name, value);
      usage.add(at.extension, change);
      damage.forget({ table: "sealed", ...name });
    }),
  get: (at) => run(async (db) => openSealedRow(db, { sealer, secrets }, nameOf(at)).catch(noteWhenDamaged(damage))),
  delete: (at) =>
    run(async (db) => {
      const name = nameOf(at);
      damage.forget({ table: "sealed", ...name });
      const before = valueBytesAt(secrets, name);
      if (!(await eraseSealedRow(db, { sealer, roll, secrets }, name))) return;
      if (before !== undefined) usage.add(at.extension, { rows: -1, bytes: -before });
      noteErased();
    }),
  list: (table, { after, limit } = {}) =>
    run(async (db) => {
      const prefix = prefixOf(table);
      const ids = await listedIdsUnder(db, EXTENSION_KIND, { prefix, after: `${prefix}${after ?? ""}`, limit });
      return ids.map((id) => id.slice(prefix.length));
    }),
  held: (extension) => run(() => usage.held(secrets, requireName("an extension", extension))),
});
