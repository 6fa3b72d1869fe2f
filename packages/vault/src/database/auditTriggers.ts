import { type Kysely, sql } from "kysely";
import type { VaultSchema } from "./schema.ts";

/** What keeps records of the audit log from being changed or deleted by mistake, as the migrations made it. */
const TRIGGERS = {
  audit_is_append_only: "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
  audit_keeps_all: `CREATE TRIGGER audit_keeps_all BEFORE DELETE ON audit WHEN OLD.seq > COALESCE((SELECT seq FROM audit_checkpoint), 0)
        BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END`,
} as const;

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

/** Whether they are there, unchanged. Dropping one is what it takes to change the log by SQL. */
export const hasAuditTriggers = async (db: Kysely<VaultSchema>): Promise<boolean> => {
  const { rows } = await sql<{ name: string; sql: string }>`
    SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'`.execute(db);
  return Object.entries(TRIGGERS).every(([name, text]) => rows.some((row) => row.name === name && inOneLine(row.sql) === inOneLine(text)));
};

export const dropAuditTriggers = async (db: Kysely<VaultSchema>): Promise<void> => {
  for (const name of Object.keys(TRIGGERS)) await sql`DROP TRIGGER IF EXISTS ${sql.id(name)}`.execute(db);
};

export const createAuditTriggers = async (db: Kysely<VaultSchema>): Promise<void> => {
  for (const text of Object.values(TRIGGERS)) await sql.raw(text).execute(db);
};
