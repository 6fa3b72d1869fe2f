import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import type { StoreContext } from "./context.ts";
import type { AnswerStore, StoredAnswer } from "./types.ts";

/** Answers by request id: the same request gets the same bytes, another header under the same id gets none (PROTOCOL section 5.1). */
export const createAnswerStore = ({ run, clock }: StoreContext): AnswerStore => ({
  save: (answer) =>
    run(async (db) => {
      const stored = await findAnswer(db, answer.requestId);
      if (stored !== undefined) {
        assertSameHeader(stored, answer.headerHash);
        return stored;
      }
      const created = { ...answer, createdAt: clock() };
      await db
        .insertInto("answer")
        .values({
          request_id: created.requestId,
          header_hash: created.headerHash,
          answer: created.answer,
          receipt: created.receipt,
          created_at: created.createdAt,
          keep_until: created.keepUntil,
        })
        .execute();
      return created;
    }),
  find: (requestId) => run((db) => findAnswer(db, requestId)),
  assertUnanswered: (requestId, headerHash) =>
    run(async (db) => {
      const stored = await findAnswer(db, requestId);
      if (stored !== undefined) assertSameHeader(stored, headerHash);
    }),
  prune: (now) =>
    run(async (db) => {
      const { numDeletedRows } = await db.deleteFrom("answer").where("keep_until", "<", now).executeTakeFirst();
      return Number(numDeletedRows);
    }),
});

const findAnswer = async (db: Kysely<VaultSchema>, requestId: string): Promise<StoredAnswer | undefined> => {
  const row = await db.selectFrom("answer").selectAll().where("request_id", "=", requestId).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    // Both were ids when they were saved.
    requestId: row.request_id as StoredAnswer["requestId"],
    headerHash: row.header_hash as StoredAnswer["headerHash"],
    answer: row.answer,
    receipt: row.receipt,
    createdAt: row.created_at,
    keepUntil: row.keep_until,
  };
};

const assertSameHeader = (stored: StoredAnswer, headerHash: string): void => {
  if (stored.headerHash === headerHash) return;
  throw new VaultError("ANSWER_CONFLICT", "This request id was answered for another header. Make a new request.", {
    requestId: stored.requestId,
    answered: stored.headerHash,
    asked: headerHash,
  });
};
