/** Tables of the vault as Kysely sees them. Hashes and addresses are lower-case 0x text, times ms, flags 0 or 1. */
import type { Generated } from "kysely";

/** `mark`: a MAC over what is in the row, `sealing/marks.ts`. */
type Marked = { mark: Uint8Array | null };

type LogColumns = {
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

/** `kind` and `id` are what the associated data calls table and primary key. */
type SealedColumns = { kind: string; id: string; version: number; wrapped_key: Uint8Array; body: Uint8Array };

/** Tables of the file of secrets. */
export type SecretsSchema = {
  /** Every secret. Two rows may have one name: one that takes the place of the other, until the other is erased. */
  sealed: { number: number } & SealedColumns;
  /** One row: which changes of the file came last, `secrets/secretsState.ts`. */
  state: { id: number; state: string } & Marked;
  compaction: { id: number };
};

export type VaultSchema = {
  schema_version: { version: number; name: string; applied_at: number };
  /** One row: PROTOCOL section 7, D40. */
  pin: { id: number; chain_id: string; genesis_hash: string; registry: string; deployment_block_hash: string; operator: string };
  /** Operators of earlier times, oldest first: their epochs still name them. */
  former_operator: { position: Generated<number>; operator: string } & Marked;
  /** One row: how the key-encryption key is derived. */
  key_derivation: { id: number; derivation: string };
  /** What a vault is opened with, sealed, and no secret: the roll, and the record that the key-encryption key is tried on. */
  anchor: SealedColumns;
  /** Each secret's term of the roll's sum: what should be in `sealed`, and whether it is as it was written. */
  roll_entry: { kind: string; id: string; term: Uint8Array };
  /** One row while what was deleted waits for the file to be compacted; in both files. */
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
  } & Marked;
  /** Proposals of epochs by what they propose, with this machine's time of first sight. `candidates`: bitmap, decimal. */
  epoch_proposal: { epoch: number; candidates: string; seen_at: number } & Marked;
  dealing: { sid: string; dealing: Uint8Array; created_at: number } & Marked;
  /** `body`: what was given to the reader, as text. */
  answer: {
    request_id: string;
    epoch: number;
    header_hash: string;
    answer: Uint8Array;
    body: string;
    created_at: number;
    keep_until: number;
  } & Marked;
  /** Only while a vault of a version before 10 is brought to this one: `upgrades/version10.ts`. */
  answer_before_10: {
    request_id: string;
    header_hash: string;
    answer: Uint8Array;
    receipt: string;
    created_at: number;
    keep_until: number;
  } & Marked;
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
    /** Of a signature: the key, and what it signs; "": the record is of no signature. */
    key_id: string;
    digest: string;
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
  mirrored_log: LogColumns & Marked;
  follower: { id: number; state: string } & Marked;
  /** Logs of other contracts that an extension follows; `follower`: extension and name, as `extension/name`. */
  extension_log: { follower: string } & LogColumns & Marked;
  extension_follower: { follower: string; state: string } & Marked;
  challenge: { request_id: string; slot: number; gas: number; budgeted: number; at: number; given_up: number };
  /** What is to be erased: shares of a key in an epoch, or, where `key_id` is "", the epoch's encryption secret. */
  departure: { key_id: string; epoch: number; seen_at: number; confirmed_at: number } & Marked;
  /** Shares of Schnorr signatures that left, by the nonce that each used up. No secret: the coordinator has them. */
  signing_share: {
    nonce_id: string;
    request_id: string;
    attempt: string;
    package_hash: string;
    share: Uint8Array;
    created_at: number;
  } & Marked;
  /** The same of ECDSA, by session. */
  ecdsa_release: { session: string; request_id: string; digest: string; share: Uint8Array; created_at: number } & Marked;
  /** What other keepers signed that shows that they did not do their part. `evidence` is JSON. */
  signing_evidence: {
    number: Generated<number>;
    evidence_hash: string;
    key_id: string;
    epoch: number;
    slot: number;
    request_id: string;
    reason: string;
    evidence: string;
    created_at: number;
  } & Marked;
  /** The newest life that was seen of each member of an epoch. */
  peer_boot: { epoch: number; slot: number; boot: string; seen_at: number } & Marked;
  /** Whose signing requests a key is served for: the contract that this keeper first served it under. */
  signing_pin: { key_id: string; chain_id: string; signing_requests: string; created_at: number } & Marked;
  /** Lives of the keeper before version 9; since then they are in the roll. */
  boot: { id: number; count: number };
  /** `kind` and `subject`: what the transaction does, and to what. */
  outbox: { id: string; kind: string; subject: string; entry: string; updated_at: number } & Marked;
  work: {
    position: Generated<number>;
    id: string;
    kind: string;
    payload: string;
    state: "pending" | "done" | "failed";
    attempts: number;
    not_before: number;
    last_error: string | null;
  } & Marked;
};
