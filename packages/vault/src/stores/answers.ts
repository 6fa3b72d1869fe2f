import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { AnswerStore, StoredAnswer } from "./types.ts";

/** Answers by request id: the same request gets the same bytes, another header under the same id gets none (PROTOCOL section 5.1). */
export const createAnswerStore = ({ run, sealer, damage, clock }: StoreContext): AnswerStore => {
  const findAnswer = answerFinder({ sealer, damage });
  return {
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
          .values(
            withMark(sealer, "answer", {
              request_id: created.requestId,
              header_hash: created.headerHash,
              answer: created.answer,
              receipt: created.receipt,
              created_at: created.createdAt,
              keep_until: created.keepUntil,
            }),
          )
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
  };
};

/** What was answered is not forgotten where its record is damaged: the id stays used, until its time is over. */
const answerFinder =
  ({ sealer, damage }: Pick<StoreContext, "sealer" | "damage">) =>
  async (db: Kysely<VaultSchema>, requestId: string): Promise<StoredAnswer | undefined> => {
    const row = await db.selectFrom("answer").selectAll().where("request_id", "=", requestId).executeTakeFirst();
    if (row === undefined) return undefined;
    if (!isIntact(sealer, "answer", row)) {
      damage.note({ table: "answer", id: requestId });
      throw new VaultError("VAULT_TAMPERED", "The stored answer to this request is damaged. Make a new request.", {
        table: "answer",
        requestId,
      });
    }
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
