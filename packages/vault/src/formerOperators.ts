import { type Address, parseAddress } from "@keyquorum/wire";
import type { Kysely } from "kysely";
import type { DamageBook } from "./damage.ts";
import type { VaultSchema } from "./database/schema.ts";
import { isIntact, withMark } from "./sealing/marks.ts";
import type { Sealer } from "./sealing/sealer.ts";

/** Operators that the vault was bound to before, oldest first. */
export const formerOperatorsOf = async (
  db: Kysely<VaultSchema>,
  { sealer, damage }: { readonly sealer: Sealer; readonly damage: DamageBook },
): Promise<readonly Address[]> => {
  const rows = await db.selectFrom("former_operator").selectAll().orderBy("position").execute();
  return rows.flatMap((row) => {
    if (isIntact(sealer, "former_operator", row)) return [parseAddress(row.operator)];
    damage.note({ table: "former_operator", id: String(row.position) });
    return [];
  });
};

/** Writes another operator into the pin. The records are sealed again by the caller, in the same transaction. */
export const movePin = async (
  db: Kysely<VaultSchema>,
  sealer: Sealer,
  { from, to }: { readonly from: Address; readonly to: Address },
): Promise<void> => {
  await db.updateTable("pin").set({ operator: to.toLowerCase() }).execute();
  await db
    .insertInto("former_operator")
    .values(withMark(sealer, "former_operator", { operator: from }))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
