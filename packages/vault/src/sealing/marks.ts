import { createHmac } from "node:crypto";
import { digestOf } from "./associatedData.ts";
import type { Sealer } from "./sealer.ts";

const LOG_COLUMNS = [
  "block_number",
  "log_index",
  "block_hash",
  "transaction_hash",
  "address",
  "topic0",
  "topic1",
  "topic2",
  "topic3",
  "data",
] as const;

/**
 * Which columns a row's mark covers. A mark is a MAC under a key that only the vault's owner has: a row that a disk, a bug or a stranger changed, or
 * that stands where another one belongs, is told from what this keeper wrote. That a row is gone no mark tells.
 */
export const MARKED_COLUMNS = {
  former_operator: ["operator"],
  key_share: ["key_id", "epoch", "digest", "sid", "slot", "state", "public_part", "sealed_kind", "sealed_id"],
  dealing: ["sid", "dealing"],
  answer: ["request_id", "epoch", "header_hash", "answer", "body", "keep_until"],
  epoch_proposal: ["epoch", "candidates", "seen_at"],
  departure: ["key_id", "epoch", "seen_at", "confirmed_at"],
  follower: ["state"],
  outbox: ["id", "kind", "subject", "entry"],
  // Not what changes at each attempt: that is wrong for one attempt at most.
  work: ["id", "kind", "payload"],
  mirrored_log: LOG_COLUMNS,
  extension_follower: ["follower", "state"],
  extension_log: ["follower", ...LOG_COLUMNS],
  signing_share: ["nonce_id", "request_id", "attempt", "package_hash", "share"],
  ecdsa_release: ["session", "request_id", "digest", "share"],
  signing_evidence: ["evidence_hash", "key_id", "epoch", "slot", "request_id", "reason", "evidence"],
  peer_boot: ["epoch", "slot", "boot"],
  signing_pin: ["key_id", "chain_id", "signing_requests"],
} as const;

export type MarkedTable = keyof typeof MARKED_COLUMNS;
export const MARKED_TABLES = Object.keys(MARKED_COLUMNS) as readonly MarkedTable[]; // true: of the object above

/** Rows of these tables that a vault of an earlier version had, where there may be millions, have none. */
export const isUnmarkedAllowed = (table: MarkedTable): boolean => table === "mirrored_log";

const MARK_BYTES = 16;

type Columns<Table extends MarkedTable> = { readonly [Column in (typeof MARKED_COLUMNS)[Table][number]]: unknown };

/** The row with its mark. */
export const withMark = <Table extends MarkedTable, Row extends Columns<Table>>(
  sealer: Pick<Sealer, "rollKey">,
  table: Table,
  row: Row,
): Row & { readonly mark: Uint8Array } => ({ ...row, mark: markOf(sealer, table, row) });

/** A row as the file has it, whatever a disk made of it. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** Whether a row is as this keeper wrote it. The row must have all its columns. */
export const isIntact = (sealer: Pick<Sealer, "rollKey">, table: MarkedTable, row: StoredRow): boolean => {
  if (row.mark === null) return isUnmarkedAllowed(table);
  return row.mark instanceof Uint8Array && Buffer.compare(row.mark, markOf(sealer, table, row)) === 0;
};

export const markOf = (sealer: Pick<Sealer, "rollKey">, table: MarkedTable, row: StoredRow): Uint8Array =>
  markOver(sealer, table, MARKED_COLUMNS[table], row);

/** The mark of a row that has other columns than today: in a vault of an earlier version. */
export const markOver = ({ rollKey }: Pick<Sealer, "rollKey">, table: string, columns: readonly string[], row: StoredRow): Uint8Array => {
  const fields = columns.flatMap((column) => fieldsOf(row[column]));
  const digest = digestOf("keyquorum/v1/at-rest/mark", table, ...fields);
  return Uint8Array.from(createHmac("sha256", rollKey).update(digest).digest().subarray(0, MARK_BYTES));
};

/** A damaged row may hold a value of any type: its type is part of what is marked. */
const fieldsOf = (value: unknown): readonly (string | Uint8Array)[] =>
  value instanceof Uint8Array ? ["bytes", value] : [value === null ? "null" : typeof value, String(value)];
