import type { Kysely } from "kysely";
import type { VaultFile } from "../database/nodeSqlite.ts";
import type { VaultSchema } from "../database/schema.ts";
import type { RollBook } from "../sealing/roll.ts";
import type { SecretsBook } from "../secrets/secretsBook.ts";
import { forEachInTurns } from "./endOfTurn.ts";

/** One who writes. */
export type Writer = {
  /** Its statements; what it throws takes back its own alone. Answers with what to do when they are durable. */
  readonly write: (db: Kysely<VaultSchema>) => Promise<Written>;
  readonly fail: (error: unknown) => void;
};

/** `hasErased`: secrets, whose bytes are in their file until it is compacted. */
export type Written = { readonly hasErased: boolean; readonly tell: () => void };

/** `durable`: what was committed, not told yet. `left`: writers that did not begin. */
export type Shared<One extends Writer> = { readonly durable: readonly (Written & Pick<Writer, "fail">)[]; readonly left: readonly One[] };

/**
 * One transaction, one sealed roll and one fsync for all writers, which run one after another, each within a savepoint. Added secrets are durable in their
 * own file before the commit of the records that name them. If a writer throws, only that writer fails; if the commit fails, all writers fail and nothing
 * is written. No writer gets a result before the commit, because even a refusal may depend on what another one wrote. If SQLite aborts the transaction
 * midway, as on a full disk, the writers so far fail, and the others have not started.
 */
export const commitTogether = <One extends Writer>(books: Books, writers: readonly One[]): Promise<Shared<One>> =>
  books.file.db.connection().execute((db) => commitOver(db, { ...books, writers }));

/** What a transaction is written in. */
export type Books = { readonly file: VaultFile; readonly roll: RollBook; readonly secrets: SecretsBook };

const commitOver = async <One extends Writer>(
  db: Kysely<VaultSchema>,
  { file, roll, secrets, writers }: Books & { readonly writers: readonly One[] },
): Promise<Shared<One>> => {
  const durable: (Written & Pick<Writer, "fail">)[] = [];
  const refused: (() => void)[] = [];
  let begun = 0;
  try {
    file.exec("BEGIN");
    roll.begin();
    const changes = file.changes();
    secrets.begin();
    await forEachInTurns(writers, async (writer) => {
      begun += 1;
      const [before, secretsBefore] = [roll.mark(), secrets.mark()];
      file.exec("SAVEPOINT writer");
      try {
        const written = await writer.write(db);
        file.exec("RELEASE writer");
        durable.push({ ...written, fail: writer.fail });
      } catch (error) {
        if (!file.raw.isTransaction) throw error;
        file.exec("ROLLBACK TO writer; RELEASE writer");
        roll.backTo(before);
        secrets.backTo(secretsBefore);
        refused.push(() => writer.fail(error));
      }
    });
    if (durable.length > 0) {
      await secrets.write(db, roll);
      if (file.changes() !== changes) await roll.count(db);
      await roll.seal(db);
      file.exec("COMMIT");
      secrets.commit();
    } else file.exec("ROLLBACK");
  } catch (error) {
    file.rollBack();
    const failed = writers.slice(0, Math.max(begun, 1));
    for (const writer of failed) writer.fail(error);
    return { durable: [], left: writers.slice(failed.length) };
  }
  for (const tell of refused) tell();
  return { durable, left: [] };
};
