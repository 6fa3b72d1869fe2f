/** Tables of the vault as Kysely sees them. Hashes and addresses are lower-case 0x text, times ms, flags 0 or 1. */
import type { Generated } from "kysely";

export type VaultSchema = {
  schema_version: { version: number; name: string; applied_at: number };
  /** One row: PROTOCOL section 7, D40. */
  pin: { id: number; chain_id: string; genesis_hash: string; registry: string; deployment_block_hash: string; operator: string };
  /** Operators of earlier times, oldest first: their epochs still name them. */
  former_operator: { position: Generated<number>; operator: string };
  /** One row: how the key-encryption key is derived. */
  key_derivation: { id: number; derivation: string };
  /** Every secret. `kind` and `id` are what the associated data calls table and primary key. */
  sealed: { kind: string; id: string; version: number; wrapped_key: Uint8Array; body: Uint8Array };
  /** One row while deleted secrets wait for the file to be compacted. */
  compaction: { id: number };
  key_share: {
    key_id: string;
    epoch: number;
    digest: string;
    sid: string;
    slot: number;
    state: "pending" | "active";
    public_part: string;
    sealed_kind: string;
    sealed_id: string;
  };
  /** Proposals of epochs by what they propose, with this machine's time of first sight. `candidates`: bitmap, decimal. */
  epoch_proposal: { epoch: number; candidates: string; seen_at: number };
  dealing: { sid: string; dealing: Uint8Array; created_at: number };
  answer: { request_id: string; header_hash: string; answer: Uint8Array; receipt: string; created_at: number; keep_until: number };
  audit: {
    seq: number;
    at: number;
    kind: string;
    request_id: string;
    document: string;
    requester: string;
    decision: string;
    final_block: string;
    head_block: string;
    prev_hash: string;
    hash: string;
    /** "": there was none. */
    session_key: string;
    /** "" or "verified". */
    author: string;
  };
  /** One row once the log was pruned: the last record that was deleted. The sealed roll has the same. */
  audit_checkpoint: { id: number; seq: number; hash: string };
  /** How many refusals there were, by code and hour since 1970. */
  refusal_count: { code: string; hour: number; count: number };
  /** The newest refusals, in two rings per code: of verified requesters, and of others. `facts` is JSON. */
  refusal_sample: {
    code: string;
    is_verified: number;
    place: number;
    number: number;
    at: number;
    channel: string;
    facts: string;
  };
  mirrored_log: {
    block_number: number;
    log_index: number;
    block_hash: string;
    transaction_hash: string;
    address: string;
    topic0: string | null;
    topic1: string | null;
    topic2: string | null;
    topic3: string | null;
    data: string;
  };
  follower: { id: number; state: string };
  challenge: { request_id: string; slot: number; gas: number; budgeted: number; at: number; given_up: number };
  /** What is to be erased: shares of a key in an epoch, or, where `key_id` is "", the epoch's encryption secret. */
  departure: { key_id: string; epoch: number; seen_at: number; confirmed_at: number };
  /** One row: how often the vault was opened by a keeper that signs. */
  boot: { id: number; count: number };
  outbox: { id: string; entry: string; updated_at: number };
  work: {
    position: Generated<number>;
    id: string;
    kind: string;
    payload: string;
    state: "pending" | "done" | "failed";
    attempts: number;
    not_before: number;
    last_error: string | null;
  };
};
