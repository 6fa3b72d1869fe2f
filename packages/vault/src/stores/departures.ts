import type { Selectable } from "kysely";
import { forEachInTurns } from "../commits/endOfTurn.ts";
import type { VaultSchema } from "../database/schema.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { Departure, DepartureStore } from "./types/epochs.ts";

type Row = Selectable<VaultSchema["departure"]>;

const rowNameOf = ({ keyId, epoch }: Departure) => ({ key_id: keyId ?? "", epoch });

/** Replaces all rows at each look, so that what the chain takes back for one look is gone. */
export const createDepartureStore = ({ run, sealer, clock }: StoreContext): DepartureStore => ({
  see: (all, { maxGapMilliseconds }) =>
    run(async (db) => {
      const now = clock();
      const stored = await db.selectFrom("departure").selectAll().execute();
      if (all.length === 0 && stored.length === 0) return [];
      const before = stored.filter((row) => isIntact(sealer, "departure", row)); // one that was changed on the file begins again: later is safe
      const rows = all.map((departure): Row => {
        const name = rowNameOf(departure);
        const known = before.find((row) => row.key_id === name.key_id && row.epoch === name.epoch);
        const isUnbroken = known !== undefined && now - known.confirmed_at <= maxGapMilliseconds;
        return withMark(sealer, "departure", { ...name, seen_at: isUnbroken ? known.seen_at : now, confirmed_at: now });
      });
      await db.deleteFrom("departure").execute();
      await forEachInTurns(rows, async (row) => {
        await db
          .insertInto("departure")
          .values(row)
          .onConflict((conflict) => conflict.columns(["key_id", "epoch"]).doNothing())
          .execute();
      });
      return rows.map(({ seen_at }) => seen_at);
    }),
});
