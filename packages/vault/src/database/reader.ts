import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { adapt, type DiskGuard } from "./nodeSqlite.ts";
import type { VaultSchema } from "./schema.ts";
import { translateSqliteError } from "./sqliteErrors.ts";

/** A second connection, which cannot write: reads neither wait for the writers nor see what is not committed. */
export type VaultReader = {
  /** One after the other, each in a transaction of its own, which sees all that was committed before it began. */
  read<Result>(work: (db: Kysely<VaultSchema>) => Promise<Result>): Promise<Result>;
  /** Does work while no read is open: an open one keeps old pages in the write-ahead log. */
  whileNobodyReads<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
};

/** SQLite itself lets a reader wait for moments only, where the log begins again. */
const BUSY_MILLISECONDS = 1_000;

export const openReader = (path: string, guarded: DiskGuard): VaultReader => {
  const raw = guarded(() => new DatabaseSync(path, { readOnly: true, timeout: BUSY_MILLISECONDS }));
  try {
    raw.exec("PRAGMA trusted_schema = OFF");
  } catch (error) {
    raw.close();
    throw translateSqliteError(error);
  }
  const [begin, end] = [raw.prepare("BEGIN"), raw.prepare("ROLLBACK")];
  const db = new Kysely<VaultSchema>({ dialect: new SqliteDialect({ database: adapt(raw, guarded) }) });
  return {
    read: (work) =>
      db.connection().execute(async (one) => {
        guarded(() => begin.run());
        try {
          return await work(one);
        } finally {
          if (raw.isTransaction) end.run(); // nothing was written
        }
      }),
    whileNobodyReads: (work) => db.connection().execute(work),
    close: async () => {
      await db.destroy();
      if (raw.isOpen) raw.close();
    },
  };
};
