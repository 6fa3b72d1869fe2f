/**
 * Version 10: answers are named by request and epoch, and transactions by what they do. Until then an answer in a second epoch had an id that was made of
 * both, and a transaction was told by how its id begins. What a row says is believed only where its mark of then is right: a damaged one stays damaged.
 */
import { parseRequestId, type RequestId } from "@keyquorum/wire";
import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { markOver, type StoredRow, withMark } from "../sealing/marks.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { subjectOfId } from "./transactionIds.ts";

/** As version 9 marked them. */
const MARKED_BEFORE = { answer: ["request_id", "header_hash", "answer", "receipt", "keep_until"], outbox: ["id", "entry"] } as const;

const DAY_MILLISECONDS = 86_400_000;

type Upgrade = {
  readonly sealer: Pick<Sealer, "rollKey">;
  /** Whether the vault is of a version that had no marks: its rows are believed once. */
  readonly isUnmarked: boolean;
  readonly now: number;
};

/** Call it in the transaction of the migration, once its tables are made and the vault's key is known. */
export const nameAnswersAndTransactions = async (db: Kysely<VaultSchema>, upgrade: Upgrade): Promise<void> => {
  await moveAnswers(db, upgrade);
  await nameTransactions(db, upgrade);
};

type FormerAnswer = Selectable<VaultSchema["answer_before_10"]>;
type NamedAnswer = { readonly requestId: RequestId; readonly epoch: number };

const moveAnswers = async (db: Kysely<VaultSchema>, upgrade: Upgrade): Promise<void> => {
  const damaged: FormerAnswer[] = [];
  for (const row of await db.selectFrom("answer_before_10").selectAll().execute()) {
    const name = nameInBody(row.receipt);
    if (name === undefined || !wasIntact(upgrade, "answer", row)) damaged.push(row);
    else await insertAnswer(db, withMark(upgrade.sealer, "answer", renamed(row, name)));
  }
  for (const row of damaged.flatMap((one) => storable(one, upgrade.now))) await insertAnswer(db, row);
  await db.schema.dropTable("answer_before_10").execute();
};

/** Where an intact one has the name, nothing is lost with the other: the id stays used. */
const insertAnswer = async (db: Kysely<VaultSchema>, row: VaultSchema["answer"]): Promise<void> => {
  await db
    .insertInto("answer")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

const renamed = (row: FormerAnswer, { requestId, epoch }: NamedAnswer) => ({
  request_id: requestId,
  epoch,
  header_hash: row.header_hash,
  answer: row.answer,
  body: row.receipt,
  created_at: row.created_at,
  keep_until: row.keep_until,
});

/**
 * A damaged row holds anything, and keeps the requests that it may have been for from being answered all the same: the one in its body, and the one that
 * it was stored under. Epoch 0 is no epoch.
 */
const storable = (row: StoredRow, now: number): readonly VaultSchema["answer"][] => {
  const [inBody, storedUnder] = [nameInBody(row.receipt), String(row.request_id)];
  const names = inBody === undefined ? [] : [{ request_id: String(inBody.requestId), epoch: inBody.epoch }];
  const rest = {
    header_hash: String(row.header_hash),
    answer: row.answer instanceof Uint8Array ? row.answer : new Uint8Array(0),
    body: String(row.receipt),
    created_at: timeOr(row.created_at, now),
    keep_until: timeOr(row.keep_until, now + DAY_MILLISECONDS),
    mark: null,
  };
  if (inBody?.requestId !== storedUnder) names.push({ request_id: storedUnder, epoch: 0 });
  return names.map((name) => ({ ...name, ...rest }));
};

const timeOr = (value: unknown, otherwise: number): number => (Number.isSafeInteger(value) ? Number(value) : otherwise);

/** Which request the body of an answer is for, and in which epoch. */
const nameInBody = (body: unknown): NamedAnswer | undefined => {
  try {
    const { epoch, receipt } = JSON.parse(String(body)) as {
      readonly epoch?: unknown;
      readonly receipt?: { readonly requestId?: unknown };
    };
    if (!Number.isSafeInteger(epoch)) return undefined;
    return { requestId: parseRequestId(receipt?.requestId), epoch: Number(epoch) };
  } catch {
    return undefined;
  }
};

const nameTransactions = async (db: Kysely<VaultSchema>, upgrade: Upgrade): Promise<void> => {
  for (const row of await db.selectFrom("outbox").selectAll().execute()) {
    const about = subjectOfId(String(row.id));
    const mark = wasIntact(upgrade, "outbox", row) ? withMark(upgrade.sealer, "outbox", { ...row, ...about }).mark : null;
    await db
      .updateTable("outbox")
      .set({ ...about, mark })
      .where("id", "=", row.id)
      .execute();
  }
};

const wasIntact = ({ sealer, isUnmarked }: Upgrade, table: keyof typeof MARKED_BEFORE, row: StoredRow): boolean =>
  isUnmarked || (row.mark instanceof Uint8Array && Buffer.compare(row.mark, markOver(sealer, table, MARKED_BEFORE[table], row)) === 0);
