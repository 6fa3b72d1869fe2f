import type { RequestId } from "@keyquorum/wire";
import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { AnswerStore, AnswersGiven, StoredAnswer } from "./types/answers.ts";

/**
 * Answers by request and epoch: the same request gets the same bytes in the same epoch, another header under its id gets none in any (PROTOCOL section
 * 5.1). What was answered is not forgotten where its record is damaged: the id stays used, until its time is over.
 */
export const createAnswerStore = ({ run, read, sealer, damage, clock }: StoreContext): AnswerStore => {
  const findAll = answersFinder({ sealer, damage });
  return {
    save: (answer) =>
      run(async (db) => {
        const { requestId, epoch } = answer;
        const found = await findAll(db, requestId);
        assertSameHeader(found.intact, answer.headerHash);
        const stored = found.in(epoch);
        if (stored !== undefined) return stored;
        const created = { ...answer, createdAt: clock() };
        await db
          .insertInto("answer")
          .values(
            withMark(sealer, "answer", {
              request_id: requestId,
              epoch,
              header_hash: created.headerHash,
              answer: created.answer,
              body: created.body,
              created_at: created.createdAt,
              keep_until: created.keepUntil,
            }),
          )
          .execute();
        return created;
      }),
    find: ({ requestId, epoch }) => read(async (db) => (await findAll(db, requestId)).in(epoch)),
    headerOf: (requestId) => read(async (db) => (await findAll(db, requestId)).headerHash()),
    to: (requestId) => read((db) => findAll(db, requestId)),
    prune: (now) =>
      run(async (db) => {
        const { numDeletedRows } = await db.deleteFrom("answer").where("keep_until", "<", now).executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
};

/** Answers to one request. */
type Answers = AnswersGiven & { readonly intact: readonly StoredAnswer[] };

const answersFinder =
  ({ sealer, damage }: Pick<StoreContext, "sealer" | "damage">) =>
  async (db: Kysely<VaultSchema>, requestId: RequestId): Promise<Answers> => {
    const rows = await db.selectFrom("answer").selectAll().where("request_id", "=", requestId).orderBy("epoch").execute();
    const isWhole = (row: Row): boolean => isIntact(sealer, "answer", row);
    for (const { epoch } of rows.filter((row) => !isWhole(row))) damage.note({ table: "answer", id: `${requestId}/${epoch}` });
    const intact = rows.filter(isWhole).map(answerOf);
    const assertIntact = (): void => {
      if (intact.length === rows.length) return;
      throw new VaultError("VAULT_TAMPERED", "The stored answer to this request is damaged. Make a new request.", {
        table: "answer",
        requestId,
      });
    };
    return {
      intact,
      in: (epoch) => {
        const stored = intact.find((answer) => answer.epoch === epoch);
        if (stored === undefined) assertIntact();
        return stored;
      },
      headerHash: () => {
        const [first] = intact;
        if (first === undefined) assertIntact();
        return first?.headerHash;
      },
    };
  };

type Row = Selectable<VaultSchema["answer"]>;

const answerOf = (row: Row): StoredAnswer => ({
  // Both were ids when they were saved.
  requestId: row.request_id as StoredAnswer["requestId"],
  epoch: row.epoch,
  headerHash: row.header_hash as StoredAnswer["headerHash"],
  answer: row.answer,
  body: row.body,
  createdAt: row.created_at,
  keepUntil: row.keep_until,
});

const assertSameHeader = (stored: readonly StoredAnswer[], headerHash: string): void => {
  const other = stored.find((answer) => answer.headerHash !== headerHash);
  if (other === undefined) return;
  throw new VaultError("ANSWER_CONFLICT", "This request id was answered for another header. Make a new request.", {
    requestId: other.requestId,
    answered: other.headerHash,
    asked: headerHash,
  });
};
