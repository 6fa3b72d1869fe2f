/**
 * node:sqlite under Kysely. SqliteDialect expects better-sqlite3's shape; this is the difference between the two.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { VaultError } from "../errors.ts";
import type { VaultSchema } from "./schema.ts";
import { isDiskFailure, translateSqliteError } from "./sqliteErrors.ts";
import { createStatements, type Prepared } from "./statements.ts";

/** Values that durability depends on, as SQLite reports them. `synchronous` 2 is FULL: one fsync per commit. */
export type Durability = {
  readonly journalMode: string;
  readonly synchronous: number;
  readonly secureDelete: number;
  readonly foreignKeys: number;
};

/** The one connection that writes to a file. */
export type VaultFile<Schema = VaultSchema> = {
  readonly db: Kysely<Schema>;
  readonly raw: DatabaseSync;
  readonly guarded: DiskGuard;
  /** Runs a statement without values that gives no rows: the borders of transactions. */
  exec(sql: string): void;
  /** Ends the open transaction, if SQLite did not end it itself; what goes wrong then says less than what went wrong before. */
  rollBack(): void;
  /** Rows that were written since it was opened. */
  changes(): number;
  close(): Promise<void>;
};

/** Run with every commit, so prepared once. */
const BORDERS: ReadonlySet<string> = new Set(["BEGIN", "SAVEPOINT writer", "RELEASE writer", "COMMIT", "ROLLBACK"]);

/** Opens the file with the settings a vault needs and asserts each of them. `guarded`: of another file of the same vault. Throws VAULT_UNSAFE. */
export const openDatabase = <Schema = VaultSchema>(path: string, guarded: DiskGuard = createDiskGuard()): VaultFile<Schema> => {
  const raw = new DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: true });
  try {
    raw.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;");
    raw.exec("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA trusted_schema = OFF;");
    assertDurability(readDurability(raw));
  } catch (error) {
    raw.close();
    throw translateSqliteError(error);
  }
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: adapt(raw, guarded) }) });
  const total = raw.prepare("SELECT total_changes() AS total");
  const prepare = createStatements(raw);
  return {
    db,
    raw,
    guarded,
    exec: (sql) => guarded(() => void (BORDERS.has(sql) ? prepare(sql).statement.run() : raw.exec(sql))),
    rollBack: () => {
      try {
        if (raw.isTransaction) raw.exec("ROLLBACK");
      } catch {
        // The disk failed; the file is as it was at the last commit when it is opened again.
      }
    },
    changes: () => (raw.isOpen ? Number(total.get()?.total) : 0),
    close: async () => {
      await db.destroy();
      if (raw.isOpen) raw.close();
    },
  };
};

export const readDurability = (raw: DatabaseSync): Durability => {
  const pragma = (name: string) => Object.values(raw.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  return {
    journalMode: String(pragma("journal_mode")),
    synchronous: Number(pragma("synchronous")),
    secureDelete: Number(pragma("secure_delete")),
    foreignKeys: Number(pragma("foreign_keys")),
  };
};

export const assertDurability = (durability: Durability): void => {
  const { journalMode, synchronous, secureDelete, foreignKeys } = durability;
  if (journalMode === "wal" && synchronous === 2 && secureDelete === 1 && foreignKeys === 1) return;
  throw new VaultError(
    "VAULT_UNSAFE",
    "SQLite did not accept the settings that durability needs. Keep the vault on a local file system.",
    durability,
  );
};

/** Does work on the file. After a failure of the disk nothing more is done: what was written last is uncertain. */
export type DiskGuard = <Result>(work: () => Result) => Result;

const createDiskGuard = (): DiskGuard => {
  let failed = false;
  return (work) => {
    if (failed) throw new VaultError("VAULT_IO", "The disk failed before. Check it, then restart the keeper.");
    try {
      return work();
    } catch (error) {
      failed = isDiskFailure(error);
      throw translateSqliteError(error);
    }
  };
};

export const adapt = (raw: DatabaseSync, guarded: DiskGuard): SqliteDatabase => {
  const prepare = createStatements(raw);
  return {
    close: () => raw.close(),
    prepare: (sql) => {
      // SQLite rolls back by itself when the disk is full; a second rollback would hide the error that caused it.
      if (sql === "rollback" && !raw.isTransaction) return nothing;
      return guarded(() => adaptStatement(prepare(sql), guarded));
    },
  };
};

const adaptStatement = ({ statement, isReader }: Prepared, guarded: DiskGuard): SqliteStatement => {
  // Kysely hands over what the query was built from; node:sqlite itself refuses values of other types.
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  return {
    reader: isReader,
    all: (parameters) => guarded(() => readAll(statement, values(parameters))),
    run: (parameters) => guarded(() => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
};

/** A damaged row may hold a number that is none of JavaScript's; the other rows of the answer are read all the same. */
export const readAll = (statement: StatementSync, values: readonly SQLInputValue[]): unknown[] => {
  try {
    return statement.all(...values);
  } catch (error) {
    if (!(error instanceof RangeError && "code" in error && error.code === "ERR_OUT_OF_RANGE")) throw error;
    statement.setReadBigInts(true);
    try {
      return statement
        .all(...values)
        .map((row) => Object.fromEntries(Object.entries(row).map(([column, value]) => [column, asNumber(value)])));
    } finally {
      statement.setReadBigInts(false);
    }
  }
};

const asNumber = (value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};
