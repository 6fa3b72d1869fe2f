import type { StoreContext } from "./context.ts";
import type { DealingStore } from "./types.ts";

/** Own dealings: a session gets one, for ever. */
export const createDealingStore = ({ run, clock }: StoreContext): DealingStore => ({
  save: (sid, dealing) =>
    run(async (db) => {
      await db
        .insertInto("dealing")
        .values({ sid, dealing, created_at: clock() })
        .onConflict((conflict) => conflict.column("sid").doNothing())
        .execute();
      const row = await db.selectFrom("dealing").select("dealing").where("sid", "=", sid).executeTakeFirstOrThrow();
      return row.dealing;
    }),
  load: (sid) => run(async (db) => (await db.selectFrom("dealing").select("dealing").where("sid", "=", sid).executeTakeFirst())?.dealing),
});
