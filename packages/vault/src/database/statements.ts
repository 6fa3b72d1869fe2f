import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A prepared statement, and whether it answers with rows. */
export type Prepared = { readonly statement: StatementSync; readonly isReader: boolean };

/** More texts than the stores have; lists of values make several of one. */
const MOST_KEPT = 128;
const CHANGES_SCHEMA = /^\s*(create|alter|drop|vacuum|attach|detach|reindex)\b/i;

/** Prepares statements, and keeps the ones that were used last. None outlives a change of the schema. */
export const createStatements = (raw: DatabaseSync, most = MOST_KEPT): ((sql: string) => Prepared) => {
  const kept = new Map<string, Prepared>();
  return (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) {
      kept.delete(sql);
      kept.set(sql, known);
      return known;
    }
    const statement = raw.prepare(sql);
    const prepared = { statement, isReader: statement.columns().length > 0 };
    if (CHANGES_SCHEMA.test(sql)) {
      kept.clear();
      return prepared;
    }
    kept.set(sql, prepared);
    const [oldest = sql] = kept.keys();
    if (kept.size > most) kept.delete(oldest);
    return prepared;
  };
};
