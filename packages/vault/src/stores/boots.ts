import type { StoreContext } from "./context.ts";
import type { BootCounter } from "./types.ts";

export const createBootCounter = ({ run }: StoreContext): BootCounter => ({
  next: () =>
    run(async (db) => {
      const before = await db.selectFrom("boot").select("count").executeTakeFirst();
      const count = (before?.count ?? 0) + 1;
      await db
        .insertInto("boot")
        .values({ id: 1, count })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ count }))
        .execute();
      return count;
    }),
});
