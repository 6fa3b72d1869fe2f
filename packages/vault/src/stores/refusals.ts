import { decodeStored, encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import type { RefusalSample, RefusalStore } from "./types/refusals.ts";

const HOUR_MILLISECONDS = 3_600_000;
/** Counts are kept for 30 days. */
const KEPT_HOURS = 720;
/** Samples of each code, of verified requesters and of others apart: strangers push out strangers only. */
export const RING_SIZE = 64;

/** Refusals in bounded space: rows by codes times hours, and two rings per code. */
export const createRefusalStore = ({ run, read, clock }: StoreContext): RefusalStore => ({
  add: ({ counts, samples }) =>
    run(async (db) => {
      const hour = Math.floor(clock() / HOUR_MILLISECONDS);
      await db
        .deleteFrom("refusal_count")
        .where("hour", "<=", hour - KEPT_HOURS)
        .execute();
      for (const [code, count] of Object.entries(counts))
        await db
          .insertInto("refusal_count")
          .values({ code, hour, count })
          .onConflict((conflict) =>
            conflict.columns(["code", "hour"]).doUpdateSet((row) => ({ count: row("refusal_count.count", "+", count) })),
          )
          .execute();
      for (const { code, isVerified, at, channel, ...facts } of samples) {
        const ring = { code, is_verified: isVerified ? 1 : 0 };
        const newest = await db
          .selectFrom("refusal_sample")
          .select(({ fn }) => fn.max("number").as("number"))
          .where("code", "=", ring.code)
          .where("is_verified", "=", ring.is_verified)
          .executeTakeFirst();
        const number = (newest?.number ?? 0) + 1;
        const values = { number, at, channel, facts: encodeStored(facts) };
        await db
          .insertInto("refusal_sample")
          .values({ ...ring, place: number % RING_SIZE, ...values })
          .onConflict((conflict) => conflict.columns(["code", "is_verified", "place"]).doUpdateSet(values))
          .execute();
      }
    }),
  counts: () =>
    read((db) => db.selectFrom("refusal_count").select(["code", "hour", "count"]).orderBy("hour", "desc").orderBy("code").execute()),
  samples: () =>
    read(async (db) => {
      const rows = await db.selectFrom("refusal_sample").selectAll().orderBy("at", "desc").orderBy("number", "desc").execute();
      return rows.map(({ code, is_verified, at, channel, facts }) => {
        const stored = decodeStored<Omit<RefusalSample, "code" | "isVerified" | "at" | "channel">>(facts);
        return { code, isVerified: is_verified === 1, at, channel: channel as RefusalSample["channel"], ...stored };
      });
    }),
});
