import type { StoreContext } from "./context.ts";
import type { EpochProposalStore } from "./types.ts";

/** First sights of proposals: written once, never changed, forgotten with the event that they are of. */
export const createEpochProposalStore = ({ run, clock }: StoreContext): EpochProposalStore => ({
  see: ({ epoch, candidates }) =>
    run(async (db) => {
      const row = { epoch, candidates: candidates.toString() };
      await db
        .insertInto("epoch_proposal")
        .values({ ...row, seen_at: clock() })
        .onConflict((conflict) => conflict.columns(["epoch", "candidates"]).doNothing())
        .execute();
      const stored = await db
        .selectFrom("epoch_proposal")
        .select("seen_at")
        .where("epoch", "=", row.epoch)
        .where("candidates", "=", row.candidates)
        .executeTakeFirstOrThrow();
      return stored.seen_at;
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
