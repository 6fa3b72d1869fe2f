import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { DealingStore } from "./types/shares.ts";

/** Own dealings: a session gets one, forever, so that a damaged one is not made again. */
export const createDealingStore = ({ run, sealer, damage, clock }: StoreContext): DealingStore => {
  const find = async (db: Kysely<VaultSchema>, sid: string): Promise<Uint8Array | undefined> => {
    const row = await db.selectFrom("dealing").selectAll().where("sid", "=", sid).executeTakeFirst();
    if (row === undefined || isIntact(sealer, "dealing", row)) return row?.dealing;
    damage.note({ table: "dealing", id: sid });
    throw new VaultError(
      "VAULT_TAMPERED",
      "This keeper's dealing of a session is damaged. The keeper does not take part in that session; you need to do nothing.",
      {
        table: "dealing",
        sid,
      },
    );
  };
  return {
    save: (sid, dealing) =>
      run(async (db) => {
        await db
          .insertInto("dealing")
          .values(withMark(sealer, "dealing", { sid, dealing, created_at: clock() }))
          .onConflict((conflict) => conflict.column("sid").doNothing())
          .execute();
        return (await find(db, sid)) ?? dealing;
      }),
    load: (sid) => run((db) => find(db, sid)),
  };
};
