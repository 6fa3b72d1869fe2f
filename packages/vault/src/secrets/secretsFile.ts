import type { SQLInputValue, StatementSync } from "node:sqlite";
import { type Kysely, type Selectable, sql } from "kysely";
import { type DiskGuard, openDatabase, readAll, type VaultFile } from "../database/nodeSqlite.ts";
import type { SecretsSchema } from "../database/schema.ts";
import type { SealedName } from "../sealing/rollEntries.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { decodeState, encodeState, readState, type SecretsState } from "./secretsState.ts";

/** A secret as it lies in the file. `number`: of the row, never used twice in a process. */
export type SecretRow = Selectable<SecretsSchema["sealed"]>;

/** One change of the file: all or nothing. */
export type SecretsChange = {
  readonly remove?: readonly number[];
  readonly add?: readonly SecretRow[];
  readonly state: SecretsState;
  /** What is removed is erased: the file is compacted after this, or when it is opened again. */
  readonly isErasure: boolean;
};

/** The small file that every secret is in, `secrets.sqlite`: so that erasing one rewrites no more than all of them. */
export type SecretsFile = {
  readonly file: VaultFile<SecretsSchema>;
  rowsOf(name: SealedName): readonly SecretRow[];
  rowAt(number: number): Promise<SecretRow | undefined>;
  /** The next rows behind `after`, in the order of their numbers. */
  page(after: number | undefined, limit: number): Promise<readonly SecretRow[]>;
  /** Rows of a kind whose ids begin with `prefix`, which ends with "/", and bytes of their bodies. */
  held(kind: string, prefix: string): Promise<{ readonly rows: number; readonly bytes: number }>;
  nextNumber(): number;
  /** Throws VAULT_TAMPERED. */
  state(sealer: Pick<Sealer, "rollKey">): Promise<SecretsState>;
  /** Durable when it returns. */
  change(sealer: Pick<Sealer, "rollKey">, change: SecretsChange): void;
  /** Whether it has nothing but what the creation of a vault writes in one step, and no start has found records beside it since. No key is needed. */
  isUnfinished(): boolean;
  /** Deletes all: of a vault that was never finished. */
  clear(): void;
  close(): Promise<void>;
};

const TABLES = `CREATE TABLE IF NOT EXISTS sealed (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    wrapped_key BLOB NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS sealed_name ON sealed (kind, id);
  CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL, mark BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS compaction (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT;`;

/** Opens the file, and makes its tables where it has none. `guarded`: of the records' file; after a failure of the disk nothing is written to either. */
export const openSecretsFile = (path: string, guarded: DiskGuard): SecretsFile => {
  const file = openDatabase<SecretsSchema>(path, guarded);
  try {
    file.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`);
  } catch (error) {
    file.rollBack();
    file.raw.close();
    throw error;
  }
  const { db } = file;
  const prepared = new Map<string, StatementSync>();
  const prepare = (text: string): StatementSync => {
    const statement = prepared.get(text) ?? file.raw.prepare(text);
    prepared.set(text, statement);
    return statement;
  };
  const run = (text: string, ...values: readonly SQLInputValue[]): void => {
    guarded(() => prepare(text).run(...values));
  };
  const transact = (work: () => void): void => {
    try {
      file.exec("BEGIN"); // of this file alone: another one may be attached
      work();
      file.exec("COMMIT");
    } catch (error) {
      file.rollBack();
      throw error;
    }
  };
  let last: number | undefined;
  const greatest = (): number => guarded(() => Number(file.raw.prepare("SELECT max(number) AS last FROM sealed").get()?.last ?? 0));

  return {
    file,
    rowsOf: ({ kind, id }) => {
      const statement = guarded(() => prepare("SELECT * FROM sealed WHERE kind = ? AND id = ? ORDER BY number"));
      return guarded(() => readAll(statement, [kind, id])) as readonly SecretRow[]; // true: the table's columns
    },
    rowAt: (number) => db.selectFrom("sealed").selectAll().where("number", "=", number).executeTakeFirst(),
    page: (after, limit) => pageOf(db, after, limit),
    held: (kind, prefix) => heldIn(db, kind, prefix),
    nextNumber: () => {
      last = (last ?? greatest()) + 1;
      return last;
    },
    state: async (sealer) => decodeState(sealer, await db.selectFrom("state").selectAll().executeTakeFirst()),
    change: (sealer, { remove = [], add = [], state, isErasure }) =>
      transact(() => {
        for (const number of remove) run("DELETE FROM sealed WHERE number = ?", number);
        for (const { number, kind, id, version, wrapped_key, body } of add)
          run("INSERT INTO sealed VALUES (?, ?, ?, ?, ?, ?)", number, kind, id, version, wrapped_key, body);
        const row = encodeState(sealer, state);
        run("INSERT OR REPLACE INTO state VALUES (1, ?, ?)", row.state, row.mark);
        if (isErasure) run("INSERT OR IGNORE INTO compaction VALUES (1)");
      }),
    isUnfinished: () => guarded(() => isUnfinished(file.raw)),
    clear: () => {
      last = undefined;
      transact(() => file.exec("DELETE FROM sealed; DELETE FROM state; INSERT OR IGNORE INTO compaction VALUES (1)"));
    },
    close: file.close,
  };
};

const isUnfinished = (raw: VaultFile["raw"]): boolean => {
  if (raw.prepare("SELECT number FROM sealed LIMIT 1").get() === undefined) return true;
  if (raw.prepare("SELECT number FROM sealed WHERE kind != 'own_secret' LIMIT 1").get() !== undefined) return false;
  const row = raw.prepare("SELECT state FROM state").get();
  if (row === undefined) return false;
  const { written, added } = readState(row.state) ?? {};
  return written === 1 && Array.isArray(added) && added.length > 0;
};

const pageOf = async (db: Kysely<SecretsSchema>, after: number | undefined, limit: number): Promise<readonly SecretRow[]> => {
  let query = db.selectFrom("sealed").selectAll().orderBy("number").limit(limit);
  if (after !== undefined) query = query.where("number", ">", after);
  return query.execute();
};

const heldIn = async (db: Kysely<SecretsSchema>, kind: string, prefix: string) => {
  const { rows } = await sql<{ readonly rows: number; readonly bytes: number | null }>`
    SELECT count(*) AS rows, sum(length(body)) AS bytes FROM sealed
    WHERE kind = ${kind} AND id > ${prefix} AND id < ${`${prefix.slice(0, -1)}0`}`.execute(db); // "0" is what comes behind "/"
  return { rows: rows[0]?.rows ?? 0, bytes: rows[0]?.bytes ?? 0 };
};
