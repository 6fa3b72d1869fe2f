/** Values that the vault's tests share. Not exported from the package. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseAddress, parseDocumentId, parseHash32, parseKeyId, parseRequestId, parseSessionId } from "@keyquorum/wire";
import { VaultError } from "../errors.ts";
import { keyFromFile } from "../keyEncryptionKey.ts";
import type { VaultPin } from "../pin.ts";
import type { AuditEntry } from "../stores/types/audit.ts";
import type { KeyShareRecord } from "../stores/types/shares.ts";
import type { VaultOptions } from "../vault.ts";

export const hex = (byte: number, length = 32): string => `0x${byte.toString(16).padStart(2, "0").repeat(length)}`;
export const bytes = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);

export const PIN: VaultPin = {
  chainId: 31337n,
  genesisHash: parseHash32(hex(1)),
  registry: parseAddress(hex(2, 20)),
  deploymentBlockHash: parseHash32(hex(3)),
  operator: parseAddress(hex(4, 20)),
};

/** A directory that is gone after the tests, with a key file beside the vault's own directory. */
export const createPlace = () => {
  const root = mkdtempSync(join(tmpdir(), "kq-vault-"));
  const keyFile = join(root, "kek");
  writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  return { root, keyFile, directory: join(root, "vault"), remove: () => rmSync(root, { recursive: true, force: true }) };
};

/** Both files of a vault behind its back: `sealed` has every secret, `anchor` the roll and the record that the key is tried on. The caller closes it. */
export const openBehind = (directory: string): DatabaseSync => {
  const database = new DatabaseSync(join(directory, "vault.sqlite"), { enableForeignKeyConstraints: false });
  const secrets = join(directory, "secrets.sqlite");
  if (existsSync(secrets)) database.prepare("ATTACH ? AS secrets").run(secrets);
  return database;
};

/** Changes the files as a disk or a stranger may. */
export const changeBehind = (directory: string, ...statements: readonly string[]): void => {
  const database = openBehind(directory);
  try {
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
};

/** In which files of a directory these bytes are. */
export const filesWith = (directory: string, content: Uint8Array): readonly string[] =>
  readdirSync(directory).filter((name) => readFileSync(join(directory, name)).includes(Buffer.from(content)));

export const optionsFor = async (place: { readonly directory: string; readonly keyFile: string }): Promise<VaultOptions> => ({
  directory: place.directory,
  keyEncryptionKey: await keyFromFile(place.keyFile),
  pin: PIN,
  random: (length) => Uint8Array.from(randomBytes(length)),
  clock: () => 1_700_000_000_000,
});

/** The code of the VaultError that `work` throws; other errors pass through, none is a failure. */
export const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
  return "nothing was thrown";
};

/** Share 2 and its public key 2G. */
const TWICE_G = Uint8Array.from(Buffer.from("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5", "hex"));

export const shareRecord = (changes: Partial<KeyShareRecord> = {}): KeyShareRecord => ({
  keyId: parseKeyId(hex(0x10)),
  epoch: 1,
  digest: parseHash32(hex(0x11)),
  sid: parseSessionId(hex(0x12)),
  slot: 3,
  qual: 0b1110n,
  share: Uint8Array.from([...bytes(0, 31), 2]),
  jointKey: bytes(2, 33),
  verifyingShare: TWICE_G,
  commitmentsHash: parseHash32(hex(0x13)),
  verifyingRoot: parseHash32(hex(0x14)),
  path: [parseHash32(hex(0x15))],
  dealingsHash: parseHash32(hex(0x16)),
  ...changes,
});

export const answerFor = (requestByte: number, headerByte = 0x21) => ({
  requestId: parseRequestId(hex(requestByte)),
  epoch: 1,
  headerHash: parseHash32(hex(headerByte)),
  answer: bytes(requestByte, 162),
  body: "{}",
  keepUntil: 1_700_000_720_000,
});

export const auditEntry = (requestByte: number): AuditEntry => ({
  kind: "answer",
  requestId: parseRequestId(hex(requestByte)),
  document: parseDocumentId(hex(0x22)),
  requester: hex(0x23, 20),
  decision: "PERMITTED",
  finalBlock: parseHash32(hex(0x24)),
  headBlock: parseHash32(hex(0x25)),
});

const MARKED = [
  "former_operator",
  "key_share",
  "dealing",
  "answer",
  "epoch_proposal",
  "departure",
  "follower",
  "outbox",
  "work",
  "mirrored_log",
];

/** Takes a vault back to what it was before version 13 of the schema. For `changeBehind`, as all of these. */
export const WITHOUT_VERSION_13 = `DROP TABLE signing_share; DROP TABLE ecdsa_release; DROP TABLE signing_evidence; DROP TABLE peer_boot; DROP TABLE signing_pin;
  ALTER TABLE audit DROP COLUMN key_id; ALTER TABLE audit DROP COLUMN digest; DELETE FROM schema_version WHERE version >= 13;`;

/** The same, before version 12. */
const WITHOUT_VERSION_12 = `${WITHOUT_VERSION_13} DROP INDEX main.work_pending; DROP INDEX main.work_pending_kind; CREATE INDEX main.work_due ON work (state, not_before);
  DELETE FROM schema_version WHERE version >= 12;`;

/** The same, before version 11: all in one file. */
export const WITHOUT_VERSION_11 = `${WITHOUT_VERSION_12} ALTER TABLE main.anchor RENAME TO sealed;
  INSERT INTO main.sealed SELECT kind, id, version, wrapped_key, body FROM secrets.sealed; DELETE FROM secrets.sealed; DELETE FROM secrets.state;
  DELETE FROM schema_version WHERE version >= 11;`;

/** The same, before version 10, but for marks of answers and transactions. */
export const WITHOUT_VERSION_10 = `${WITHOUT_VERSION_11} DROP INDEX answer_keep_until; ALTER TABLE answer RENAME TO answer_of_10;
  CREATE TABLE answer (request_id TEXT PRIMARY KEY, header_hash TEXT NOT NULL, answer BLOB NOT NULL, receipt TEXT NOT NULL,
    created_at INTEGER NOT NULL, keep_until INTEGER NOT NULL, mark BLOB) STRICT;
  CREATE INDEX answer_keep_until ON answer (keep_until);
  INSERT INTO answer SELECT request_id, header_hash, answer, body, created_at, keep_until, NULL FROM answer_of_10; DROP TABLE answer_of_10;
  ALTER TABLE outbox DROP COLUMN kind; ALTER TABLE outbox DROP COLUMN subject; DROP TABLE extension_follower; DROP TABLE extension_log;
  DELETE FROM schema_version WHERE version >= 10;`;

/** The same, before version 9. */
export const WITHOUT_VERSION_9 = `${WITHOUT_VERSION_10} ${MARKED.map((table) => `ALTER TABLE ${table} DROP COLUMN mark;`).join(" ")} DROP TABLE roll_entry;
  DELETE FROM schema_version WHERE version >= 9;`;

/** The same, before version 8. */
export const WITHOUT_VERSION_8 = `${WITHOUT_VERSION_9} DROP TABLE departure; DELETE FROM schema_version WHERE version >= 8;`;

/** The same, before version 7. */
export const WITHOUT_VERSION_7 = `${WITHOUT_VERSION_8} DROP TABLE challenge; DELETE FROM schema_version WHERE version >= 7;`;

/** The same, before version 6. */
export const WITHOUT_VERSION_6 = `${WITHOUT_VERSION_7} DROP TABLE boot; DELETE FROM schema_version WHERE version >= 6;`;

/** The same, before version 5. */
export const WITHOUT_VERSION_5 = `${WITHOUT_VERSION_6} DROP TABLE epoch_proposal; DELETE FROM schema_version WHERE version >= 5;`;

/** The same, before version 4. */
export const WITHOUT_VERSION_4 = `${WITHOUT_VERSION_5} DROP TABLE audit_checkpoint; DROP TABLE refusal_count; DROP TABLE refusal_sample; DROP INDEX mirrored_log_topic2;
  DROP TRIGGER audit_keeps_all;
  CREATE TRIGGER audit_keeps_all BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
  DELETE FROM schema_version WHERE version >= 4;`;
