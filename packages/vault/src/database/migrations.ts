/**
 * Numbered steps that bring a vault to the schema of this program. Released steps never change; a change is another step.
 * A vault with more steps than this program knows is refused with VAULT_NEWER.
 */
import { type Kysely, sql } from "kysely";
import { VaultError } from "../errors.ts";
import type { VaultSchema } from "./schema.ts";

type Migration = { readonly version: number; readonly name: string; readonly statements: readonly string[] };

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "first version",
    statements: [
      `CREATE TABLE pin (id INTEGER PRIMARY KEY CHECK (id = 1), chain_id TEXT NOT NULL, genesis_hash TEXT NOT NULL, registry TEXT NOT NULL,
        deployment_block_hash TEXT NOT NULL, operator TEXT NOT NULL) STRICT`,
      "CREATE TABLE key_derivation (id INTEGER PRIMARY KEY CHECK (id = 1), derivation TEXT NOT NULL) STRICT",
      `CREATE TABLE sealed (kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, wrapped_key BLOB NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (kind, id)) STRICT`,
      "CREATE TABLE compaction (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT",
      `CREATE TABLE key_share (key_id TEXT NOT NULL, epoch INTEGER NOT NULL, digest TEXT NOT NULL, sid TEXT NOT NULL, slot INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'active')), public_part TEXT NOT NULL, sealed_kind TEXT NOT NULL, sealed_id TEXT NOT NULL,
        PRIMARY KEY (key_id, epoch, digest), FOREIGN KEY (sealed_kind, sealed_id) REFERENCES sealed (kind, id)) STRICT`,
      "CREATE UNIQUE INDEX key_share_active ON key_share (key_id, epoch) WHERE state = 'active'",
      "CREATE INDEX key_share_session ON key_share (sid)",
      "CREATE TABLE dealing (sid TEXT PRIMARY KEY, dealing BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT",
      `CREATE TABLE answer (request_id TEXT PRIMARY KEY, header_hash TEXT NOT NULL, answer BLOB NOT NULL, receipt TEXT NOT NULL,
        created_at INTEGER NOT NULL, keep_until INTEGER NOT NULL) STRICT`,
      "CREATE INDEX answer_keep_until ON answer (keep_until)",
      `CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, request_id TEXT NOT NULL, document TEXT NOT NULL,
        requester TEXT NOT NULL, decision TEXT NOT NULL, final_block TEXT NOT NULL, head_block TEXT NOT NULL, prev_hash TEXT NOT NULL,
        hash TEXT NOT NULL) STRICT`,
      "CREATE INDEX audit_request ON audit (request_id)",
      "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
      "CREATE TRIGGER audit_keeps_all BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
      `CREATE TABLE mirrored_log (block_number INTEGER NOT NULL, log_index INTEGER NOT NULL, block_hash TEXT NOT NULL,
        transaction_hash TEXT NOT NULL, address TEXT NOT NULL, topic0 TEXT, topic1 TEXT, topic2 TEXT, topic3 TEXT, data TEXT NOT NULL,
        PRIMARY KEY (block_number, log_index)) STRICT`,
      "CREATE INDEX mirrored_log_topics ON mirrored_log (topic0, topic1, block_number)",
      "CREATE INDEX mirrored_log_topic3 ON mirrored_log (topic0, topic3, block_number)",
      "CREATE TABLE follower (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL) STRICT",
      "CREATE TABLE outbox (id TEXT PRIMARY KEY, entry TEXT NOT NULL, updated_at INTEGER NOT NULL) STRICT",
      `CREATE TABLE work (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, payload TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')), attempts INTEGER NOT NULL, not_before INTEGER NOT NULL,
        last_error TEXT) STRICT`,
      "CREATE INDEX work_due ON work (state, not_before)",
    ],
  },
  {
    version: 2,
    name: "reading sessions and statements of authorship in the audit log",
    statements: [
      "ALTER TABLE audit ADD COLUMN session_key TEXT NOT NULL DEFAULT ''",
      "ALTER TABLE audit ADD COLUMN author TEXT NOT NULL DEFAULT '' CHECK (author IN ('', 'verified'))",
    ],
  },
  {
    version: 3,
    name: "operators that the vault was bound to before",
    statements: ["CREATE TABLE former_operator (position INTEGER PRIMARY KEY, operator TEXT NOT NULL UNIQUE) STRICT"],
  },
  {
    version: 4,
    name: "refusals counted and sampled, audit checkpoints",
    statements: [
      "CREATE TABLE audit_checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT",
      "DROP TRIGGER audit_keeps_all",
      `CREATE TRIGGER audit_keeps_all BEFORE DELETE ON audit WHEN OLD.seq > COALESCE((SELECT seq FROM audit_checkpoint), 0)
        BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END`,
      `CREATE TABLE refusal_count (code TEXT NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (code, hour))
        STRICT, WITHOUT ROWID`,
      `CREATE TABLE refusal_sample (code TEXT NOT NULL, is_verified INTEGER NOT NULL CHECK (is_verified IN (0, 1)), place INTEGER NOT NULL,
        number INTEGER NOT NULL, at INTEGER NOT NULL, channel TEXT NOT NULL, facts TEXT NOT NULL,
        PRIMARY KEY (code, is_verified, place)) STRICT, WITHOUT ROWID`,
      "CREATE INDEX mirrored_log_topic2 ON mirrored_log (topic0, topic2, block_number)",
    ],
  },
  {
    version: 5,
    name: "when this keeper first saw each proposal of an epoch",
    statements: [
      "CREATE TABLE epoch_proposal (epoch INTEGER NOT NULL, candidates TEXT NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (epoch, candidates)) STRICT",
    ],
  },
  {
    version: 6,
    name: "lives of the keeper, counted",
    statements: ["CREATE TABLE boot (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL) STRICT"],
  },
  {
    version: 7,
    name: "challenges of wrong answers, and the gas that they may cost",
    statements: [
      `CREATE TABLE challenge (request_id TEXT NOT NULL, slot INTEGER NOT NULL, gas INTEGER NOT NULL, budgeted INTEGER NOT NULL CHECK (budgeted IN (0, 1)),
        at INTEGER NOT NULL, given_up INTEGER NOT NULL CHECK (given_up IN (0, 1)), PRIMARY KEY (request_id, slot)) STRICT`,
      "CREATE INDEX challenge_slot ON challenge (slot, at) WHERE budgeted = 1",
    ],
  },
  {
    version: 8,
    name: "since when this keeper sees secrets of former epochs as over",
    statements: [
      `CREATE TABLE departure (key_id TEXT NOT NULL, epoch INTEGER NOT NULL, seen_at INTEGER NOT NULL, confirmed_at INTEGER NOT NULL,
        PRIMARY KEY (key_id, epoch)) STRICT`,
    ],
  },
  {
    version: 9,
    name: "a place in the roll for every secret, a mark on every record",
    statements: [
      "CREATE TABLE roll_entry (kind TEXT NOT NULL, id TEXT NOT NULL, term BLOB NOT NULL, PRIMARY KEY (kind, id)) STRICT",
      "ALTER TABLE former_operator ADD COLUMN mark BLOB",
      "ALTER TABLE key_share ADD COLUMN mark BLOB",
      "ALTER TABLE dealing ADD COLUMN mark BLOB",
      "ALTER TABLE answer ADD COLUMN mark BLOB",
      "ALTER TABLE epoch_proposal ADD COLUMN mark BLOB",
      "ALTER TABLE departure ADD COLUMN mark BLOB",
      "ALTER TABLE follower ADD COLUMN mark BLOB",
      "ALTER TABLE outbox ADD COLUMN mark BLOB",
      "ALTER TABLE work ADD COLUMN mark BLOB",
      "ALTER TABLE mirrored_log ADD COLUMN mark BLOB",
    ],
  },
  {
    version: 10,
    name: "answers by request and epoch, what each transaction does, sealed tables and followers of extensions",
    statements: [
      "DROP INDEX answer_keep_until",
      "ALTER TABLE answer RENAME TO answer_before_10",
      `CREATE TABLE answer (request_id TEXT NOT NULL, epoch INTEGER NOT NULL, header_hash TEXT NOT NULL, answer BLOB NOT NULL, body TEXT NOT NULL,
        created_at INTEGER NOT NULL, keep_until INTEGER NOT NULL, mark BLOB, PRIMARY KEY (request_id, epoch)) STRICT`,
      "CREATE INDEX answer_keep_until ON answer (keep_until)",
      "ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
      "ALTER TABLE outbox ADD COLUMN subject TEXT NOT NULL DEFAULT ''",
      "CREATE TABLE extension_follower (follower TEXT PRIMARY KEY, state TEXT NOT NULL, mark BLOB) STRICT",
      `CREATE TABLE extension_log (follower TEXT NOT NULL, block_number INTEGER NOT NULL, log_index INTEGER NOT NULL, block_hash TEXT NOT NULL,
        transaction_hash TEXT NOT NULL, address TEXT NOT NULL, topic0 TEXT, topic1 TEXT, topic2 TEXT, topic3 TEXT, data TEXT NOT NULL, mark BLOB,
        PRIMARY KEY (follower, block_number, log_index)) STRICT`,
      "CREATE INDEX extension_log_topics ON extension_log (follower, topic0, topic1, block_number)",
    ],
  },
  {
    version: 11,
    name: "secrets in a file of their own",
    statements: [
      "ALTER TABLE key_share RENAME TO key_share_before_11",
      "DROP INDEX key_share_active",
      "DROP INDEX key_share_session",
      `CREATE TABLE key_share (key_id TEXT NOT NULL, epoch INTEGER NOT NULL, digest TEXT NOT NULL, sid TEXT NOT NULL, slot INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'active')), public_part TEXT NOT NULL, sealed_kind TEXT NOT NULL, sealed_id TEXT NOT NULL,
        mark BLOB, PRIMARY KEY (key_id, epoch, digest)) STRICT`,
      `INSERT INTO key_share SELECT key_id, epoch, digest, sid, slot, state, public_part, sealed_kind, sealed_id, mark FROM key_share_before_11`,
      "DROP TABLE key_share_before_11",
      "CREATE UNIQUE INDEX key_share_active ON key_share (key_id, epoch) WHERE state = 'active'",
      "CREATE INDEX key_share_session ON key_share (sid)",
      "ALTER TABLE sealed RENAME TO anchor",
    ],
  },
  {
    version: 12,
    name: "work that is due is found without looking at all of it",
    statements: [
      "DROP INDEX work_due",
      "CREATE INDEX work_pending ON work (state, position)",
      "CREATE INDEX work_pending_kind ON work (state, kind, position)",
    ],
  },
  {
    version: 13,
    name: "signing: shares that left, evidence, peers' boots, whose requests a key is served for; signatures in the audit log",
    statements: [
      `CREATE TABLE signing_share (nonce_id TEXT PRIMARY KEY, request_id TEXT NOT NULL, attempt TEXT NOT NULL, package_hash TEXT NOT NULL,
        share BLOB NOT NULL, created_at INTEGER NOT NULL, mark BLOB) STRICT`,
      "CREATE INDEX signing_share_created ON signing_share (created_at)",
      `CREATE TABLE ecdsa_release (session TEXT PRIMARY KEY, request_id TEXT NOT NULL, digest TEXT NOT NULL, share BLOB NOT NULL,
        created_at INTEGER NOT NULL, mark BLOB) STRICT`,
      "CREATE INDEX ecdsa_release_created ON ecdsa_release (created_at)",
      `CREATE TABLE signing_evidence (number INTEGER PRIMARY KEY, evidence_hash TEXT NOT NULL UNIQUE, key_id TEXT NOT NULL, epoch INTEGER NOT NULL,
        slot INTEGER NOT NULL, request_id TEXT NOT NULL, reason TEXT NOT NULL, evidence TEXT NOT NULL, created_at INTEGER NOT NULL, mark BLOB) STRICT`,
      "CREATE INDEX signing_evidence_slot ON signing_evidence (epoch, slot)",
      `CREATE TABLE peer_boot (epoch INTEGER NOT NULL, slot INTEGER NOT NULL, boot TEXT NOT NULL, seen_at INTEGER NOT NULL, mark BLOB,
        PRIMARY KEY (epoch, slot)) STRICT`,
      `CREATE TABLE signing_pin (key_id TEXT PRIMARY KEY, chain_id TEXT NOT NULL, signing_requests TEXT NOT NULL, created_at INTEGER NOT NULL,
        mark BLOB) STRICT`,
      "ALTER TABLE audit ADD COLUMN key_id TEXT NOT NULL DEFAULT ''",
      "ALTER TABLE audit ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
    ],
  },
];

/** From this version on every record has a mark, and every secret a place in the roll: `listRecords`. */
export const LISTED_SINCE = 9;

/** From this version on answers are named by request and epoch, and transactions by what they do: `upgrades/version10.ts`. */
export const NAMED_SINCE = 10;

/** From this version on secrets have a file of their own: `upgrades/version11.ts`. */
export const APART_SINCE = 11;

/** The schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Whether the file holds a vault at all; a crash while it was being made leaves none. */
export const hasSchema = async (db: Kysely<VaultSchema>): Promise<boolean> => {
  const { rows } = await sql<{ name: string }>`SELECT name FROM sqlite_master WHERE name = 'schema_version'`.execute(db);
  return rows.length > 0;
};

/** The schema that the file has; 0: none. */
export const storedVersion = async (db: Kysely<VaultSchema>): Promise<number> => {
  if (!(await hasSchema(db))) return 0;
  const found = await db
    .selectFrom("schema_version")
    .select(({ fn }) => fn.max("version").as("version"))
    .executeTakeFirst();
  return found?.version ?? 0;
};

/** Runs the steps that are missing, and answers with the version that was there. Call it inside a transaction. Throws VAULT_NEWER. */
export const migrate = async (db: Kysely<VaultSchema>, now: number): Promise<number> => {
  await sql`CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`.execute(
    db,
  );
  const current = await storedVersion(db);
  if (current > SCHEMA_VERSION) {
    throw new VaultError(
      "VAULT_NEWER",
      "A newer version of the keeper wrote this vault. Install that version or restore a backup made before it.",
      {
        found: current,
        known: SCHEMA_VERSION,
      },
    );
  }
  for (const { version, name, statements } of MIGRATIONS.slice(current)) {
    for (const statement of statements) await sql.raw(statement).execute(db);
    await db.insertInto("schema_version").values({ version, name, applied_at: now }).execute();
  }
  return current;
};
