import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import type { StoreContext } from "./context.ts";
import type { ChallengeStore, StoredChallenge } from "./types/challenges.ts";

/** Challenges by request and slot. Checking the budget and saving are one transaction, so that challenges side by side cannot exceed it. */
export const createChallengeStore = ({ run, clock }: StoreContext): ChallengeStore => ({
  save: ({ requestId, slot, gas, budget }) =>
    run(async (db) => {
      const stored = await find(db, requestId, slot);
      if (stored !== undefined) return challengeOf(stored);
      if (budget !== undefined && (await spentSince(db, slot, budget.since)) + gas > budget.gas) return undefined;
      const row = { request_id: requestId, slot, gas: Number(gas), budgeted: budget === undefined ? 0 : 1, at: clock(), given_up: 0 };
      await db.insertInto("challenge").values(row).execute();
      return challengeOf(row);
    }),
  of: (requestId) =>
    run(async (db) => {
      const rows = await db.selectFrom("challenge").selectAll().where("request_id", "=", requestId).orderBy("slot").execute();
      return rows.map(challengeOf);
    }),
  giveUp: ({ requestId, slot }) =>
    run(async (db) => {
      const here = db.updateTable("challenge").set({ given_up: 1 }).where("request_id", "=", requestId);
      await here.where("slot", "=", slot).execute();
    }),
  prune: (before) =>
    run(async (db) => {
      const { numDeletedRows } = await db.deleteFrom("challenge").where("at", "<", before).executeTakeFirst();
      return Number(numDeletedRows);
    }),
});

type Row = Selectable<VaultSchema["challenge"]>;

const find = (db: Kysely<VaultSchema>, requestId: string, slot: number): Promise<Row | undefined> =>
  db.selectFrom("challenge").selectAll().where("request_id", "=", requestId).where("slot", "=", slot).executeTakeFirst();

const spentSince = async (db: Kysely<VaultSchema>, slot: number, since: number): Promise<bigint> => {
  const budgeted = db
    .selectFrom("challenge")
    .select(({ fn }) => fn.sum<number | null>("gas").as("gas"))
    .where("budgeted", "=", 1);
  const { gas } = await budgeted.where("slot", "=", slot).where("at", ">", since).executeTakeFirstOrThrow();
  return BigInt(gas ?? 0);
};

const challengeOf = ({ request_id, slot, gas, budgeted, at, given_up }: Row): StoredChallenge => ({
  requestId: request_id as StoredChallenge["requestId"], // it was an id when it was saved
  slot,
  gas: BigInt(gas),
  budgeted: budgeted === 1,
  at,
  givenUp: given_up === 1,
});
