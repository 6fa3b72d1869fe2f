import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { EpochProposalStore } from "./types/epochs.ts";

/** First sights of proposals: written once, forgotten with the event that they are of. One that was changed on the file begins again: later is safe. */
export const createEpochProposalStore = ({ run, sealer, clock }: StoreContext): EpochProposalStore => ({
  see: ({ epoch, candidates }) =>
    run(async (db) => {
      const row = withMark(sealer, "epoch_proposal", { epoch, candidates: candidates.toString(), seen_at: clock() });
      const stored = await db
        .selectFrom("epoch_proposal")
        .selectAll()
        .where("epoch", "=", row.epoch)
        .where("candidates", "=", row.candidates)
        .executeTakeFirst();
      if (stored !== undefined && isIntact(sealer, "epoch_proposal", stored)) return stored.seen_at;
      await db
        .insertInto("epoch_proposal")
        .values(row)
        .onConflict((conflict) => conflict.columns(["epoch", "candidates"]).doUpdateSet({ seen_at: row.seen_at, mark: row.mark }))
        .execute();
      return row.seen_at;
    }),
  keepOnly: (proposals) =>
    run(async (db) => {
      const stored = await db.selectFrom("epoch_proposal").select(["epoch", "candidates"]).execute();
      const gone = stored.filter(
        (row) => !proposals.some(({ epoch, candidates }) => epoch === row.epoch && candidates.toString() === row.candidates),
      );
      for (const { epoch, candidates } of gone)
        await db.deleteFrom("epoch_proposal").where("epoch", "=", epoch).where("candidates", "=", candidates).execute();
      return gone.length;
    }),
});
