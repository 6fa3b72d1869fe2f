/**
 * The stores of a vault. Every method is atomic and durable (fsync) when its promise resolves; inside `vault.transaction` it is durable when
 * that promise resolves. Integers are block or slot numbers; times are milliseconds since 1970 by the vault's clock.
 */
import type { DocumentId, Hash32, KeyId, RequestId, SessionId } from "@keyquorum/wire";

/** A log as chain/follower delivers it. Same shape as ChainLog of @keyquorum/chain. Public. */
export type MirroredLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: number;
};

/** Every field that is given must match. Topics are 0x strings of 32 bytes; blocks are inclusive. */
export type LogFilter = {
  readonly address?: string;
  readonly topic0?: string;
  readonly topic1?: string;
  readonly topic2?: string;
  readonly topic3?: string;
  readonly fromBlock?: number;
  readonly toBlock?: number;
  readonly limit?: number;
};

/** Mirrored logs of the current chain, by ascending block and log index. */
export type LogStore = {
  find(filter?: LogFilter): Promise<readonly MirroredLog[]>;
  /** Deletes the logs of these addresses below a block, but none with this topic 0; answers with how many. */
  prune(filter: { readonly addresses: readonly string[]; readonly belowBlock: number; readonly exceptTopic0?: string }): Promise<number>;
};

/** What happens in the same transaction as the cursor. Throwing rolls everything back. */
export type CommitEffects = (tx: VaultStores, logs: readonly MirroredLog[]) => Promise<void>;

/** Names a follower of an extension: 1 to 64 characters each, of a to z, 0 to 9, "-" and "_". */
export type FollowerName = { readonly extension: string; readonly name: string };

/** FollowerStore of @keyquorum/chain: logs, effects and cursor move in one transaction. `State` is stored as JSON; bigint and bytes survive. */
export type FollowerCursor<State> = {
  load(): Promise<State | undefined>;
  commit(batch: { readonly logs: readonly MirroredLog[]; readonly state: State }, effects?: CommitEffects): Promise<void>;
  /** Deletes mirrored logs above `toBlock`; `effects` may take back what those logs had caused. */
  rollback(toBlock: number, state: State, effects?: (tx: VaultStores, toBlock: number) => Promise<void>): Promise<void>;
};

/** identity: the first of `IdentityStore`. operator: the account's key. nonce: PROTOCOL section 5.2. All 32 bytes, secret. */
export type OwnSecretName = "identity" | "operator" | "nonce";

export type OwnSecretStore = {
  /** Saves once; the same bytes again are fine, others are VAULT_CONFLICT. */
  save(name: OwnSecretName, secret: Uint8Array): Promise<void>;
  load(name: OwnSecretName): Promise<Uint8Array | undefined>;
};

/** This keeper's identity keys, oldest first. Public keys: 33 bytes. Secrets: 32 bytes. D9: governance names another one for later epochs only. */
export type IdentityStore = {
  /** Adds a secret as the newest, and answers with its public key. One that is there already stays where it is. */
  add(secret: Uint8Array): Promise<Uint8Array>;
  /** Public keys. */
  list(): Promise<readonly Uint8Array[]>;
  load(publicKey: Uint8Array): Promise<Uint8Array | undefined>;
  /** Destroys the data key, deletes the row and compacts. */
  erase(publicKey: Uint8Array): Promise<void>;
};

/** Names the repair of one share. */
export type RepairKeyName = { readonly keyId: KeyId; readonly epoch: number };

/** Secrets x of repairs under way, one per share: 32 bytes. PROTOCOL section 3.10. */
export type RepairKeyStore = {
  /** Saves once; the same bytes again are fine, others are VAULT_CONFLICT. */
  save(name: RepairKeyName, secret: Uint8Array): Promise<void>;
  load(name: RepairKeyName): Promise<Uint8Array | undefined>;
  list(): Promise<readonly RepairKeyName[]>;
  /** Destroys the data key, deletes the row and compacts. */
  erase(name: RepairKeyName): Promise<void>;
};

/** Encryption secrets per epoch: 32 bytes, secret. PROTOCOL section 6.2, D7. */
export type EpochSecretStore = {
  /** Saves once; the same bytes again are fine, others are VAULT_CONFLICT. */
  save(epoch: number, secret: Uint8Array): Promise<void>;
  load(epoch: number): Promise<Uint8Array | undefined>;
  list(): Promise<readonly number[]>;
  /** Destroys the data key, deletes the row and compacts. */
  erase(epoch: number): Promise<void>;
};

/** Own dealings, public bytes. Durable before they are sent, so that a restart sends the same bytes. */
export type DealingStore = {
  /** Saves the first dealing of a session and answers with the stored one: whoever comes second gets the first. */
  save(sid: SessionId, dealing: Uint8Array): Promise<Uint8Array>;
  load(sid: SessionId): Promise<Uint8Array | undefined>;
};

/** Names one share: the same key and epoch can have several until KeyFinalized is final (D18). */
export type KeyShareId = { readonly keyId: KeyId; readonly epoch: number; readonly digest: Hash32 };

/** What is known about a stored share without opening it. Public. */
export type KeyShareInfo = KeyShareId & {
  readonly sid: SessionId;
  readonly slot: number;
  readonly state: "pending" | "active";
  /** Bitmap of QUAL. */
  readonly qual: bigint;
  /** 33 bytes each. */
  readonly jointKey: Uint8Array;
  readonly verifyingShare: Uint8Array;
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
  /** Merkle path of the verifying share. */
  readonly path: readonly Hash32[];
  /** keccak over the dealings the share was made of. */
  readonly dealingsHash: Hash32;
};

/** A proposal of an epoch: the same number with other candidates is another one. `candidates`: bit `slot` is set for each. */
export type EpochProposal = { readonly epoch: number; readonly candidates: bigint };

export type EpochProposalStore = {
  /** When a proposal was first seen, in ms by the vault's clock: now, where it never was. No later sight moves it. */
  see(proposal: EpochProposal): Promise<number>;
  /** Forgets the first sights of all other proposals; answers with how many. Seen again, they are new. */
  keepOnly(proposals: readonly EpochProposal[]): Promise<number>;
};

/** What the chain says is over: shares of a key in an epoch, or, without a key, the epoch's encryption secret. */
export type Departure = { readonly keyId?: KeyId; readonly epoch: number };

/** Since when, by this keeper's own clock, the chain has said without a break that secrets are over. */
export type DepartureStore = {
  /**
   * Notes everything that is over now, and answers with since when each has been, in ms by the vault's clock, in the same order: now, where it was not
   * noted before, or last so long ago that nobody knows what the chain said meanwhile. What is not named any more is forgotten, and starts again.
   */
  see(all: readonly Departure[], limits: { readonly maxGapMilliseconds: number }): Promise<readonly number[]>;
};

/** A share with everything that an answer needs. `share`: 32 bytes, secret. */
export type KeyShareRecord = Omit<KeyShareInfo, "state"> & { readonly share: Uint8Array };

export type KeyShareStore = {
  /** Saves as pending. The same record again is fine, another under this id is VAULT_CONFLICT. */
  save(record: KeyShareRecord): Promise<void>;
  /** Marks a share as the one in use. Once per (key, epoch); another digest later is VAULT_CONFLICT. */
  activate(id: KeyShareId): Promise<void>;
  /**
   * Opens a share. `expected` is the verifying share (33 bytes) that the chain's commitments give this slot; the share must be its
   * discrete logarithm. Throws VAULT_SHARE_MISMATCH. Undefined when there is none.
   */
  load(id: KeyShareId, expected: { readonly verifyingShare: Uint8Array }): Promise<KeyShareRecord | undefined>;
  list(filter?: {
    readonly keyId?: KeyId;
    readonly epoch?: number;
    readonly sid?: SessionId;
    readonly state?: "pending" | "active";
  }): Promise<readonly KeyShareInfo[]>;
  /** Counts a share as damaged, until it is replaced or the vault is opened again: its records are intact, and it is not what the chain knows. */
  distrust(id: KeyShareId): Promise<void>;
  /** Names of all shares that were saved and not erased, damaged ones among them. `list` has those only whose records are intact. */
  stored(): Promise<readonly KeyShareId[]>;
  /** Destroys the data key, deletes the row and compacts. Of a damaged one, too. */
  erase(id: KeyShareId): Promise<void>;
  /**
   * Makes room for a share: what is damaged of its key in its epoch is erased, and what is left of an earlier one of its name. An intact share of another
   * name stays, as pending: it may be the right one of a chain that comes back, and nobody else has it.
   */
  makeRoomFor(id: KeyShareId): Promise<void>;
  /** Erases every share of a key in an epoch, and what is left of damaged ones. */
  eraseAll(of: { readonly keyId: KeyId; readonly epoch: number }): Promise<void>;
};

/** An answer to a request in an epoch. */
export type AnswerName = { readonly requestId: RequestId; readonly epoch: number };

/** An answer as it was given. Public to its reader. `keepUntil` in ms: PROTOCOL section 5.1. */
export type StoredAnswer = AnswerName & {
  readonly headerHash: Hash32;
  readonly answer: Uint8Array;
  /** What was sent to the reader, as text: the same bytes each time. */
  readonly body: string;
  readonly createdAt: number;
  readonly keepUntil: number;
};

/** Every method throws VAULT_TAMPERED where a damaged record may be the answer that it looks for. */
export type AnswerStore = {
  /**
   * Saves the first answer to a request in an epoch and returns the stored one: the same request gets the same bytes.
   * Throws ANSWER_CONFLICT when the request was answered for another header, in whatever epoch.
   */
  save(answer: Omit<StoredAnswer, "createdAt">): Promise<StoredAnswer>;
  find(name: AnswerName): Promise<StoredAnswer | undefined>;
  /** The header that a request was answered for, in whatever epoch: it is answered for no other one. */
  headerOf(requestId: RequestId): Promise<Hash32 | undefined>;
  /** Deletes answers with keepUntil < now; answers with how many. */
  prune(now: number): Promise<number>;
};

/** What is written down about every release and every administrative act. Append-only. */
export type AuditEntry = {
  /** "answer", "prune"; in records of earlier versions also "refusal". */
  readonly kind: string;
  readonly requestId: RequestId;
  readonly document: DocumentId;
  readonly requester: string;
  /** e.g. "PERMITTED". */
  readonly decision: string;
  readonly finalBlock: Hash32;
  readonly headBlock: Hash32;
  /** Who asked in the requester's name, under a reading session. */
  readonly sessionKey?: string;
  /** The request carried the owner's signed word that header and content are theirs. */
  readonly author?: "verified";
};

/** `hash` = SHA-256 over all other fields and `prevHash`; the first prevHash is zero. */
export type AuditRecord = AuditEntry & { readonly seq: number; readonly at: number; readonly prevHash: Hash32; readonly hash: Hash32 };

/** A record that was verified. */
export type AuditPlace = { readonly seq: number; readonly hash: string };

/**
 * What is wrong with an audit log, and the first record that it is about. missing: it is gone. changed: it is not what was written. added: nobody wrote it.
 * checkpoint: the log does not begin where it was pruned to. trigger: what keeps records from being changed was dropped.
 */
export type AuditFault = { readonly seq: number; readonly reason: "missing" | "changed" | "added" | "checkpoint" | "trigger" };

export type AuditLog = {
  append(entry: AuditEntry): Promise<AuditRecord>;
  find(filter?: { readonly requestId?: RequestId; readonly fromSeq?: number; readonly limit?: number }): Promise<readonly AuditRecord[]>;
  /**
   * Recomputes the chain from what was pruned to its end. `count` is the last number, `pruned` that of the last record that was deleted.
   * Throws VAULT_AUDIT_BROKEN with the first bad `seq`.
   */
  verify(): Promise<{ readonly count: number; readonly pruned: number; readonly hash: Hash32 }>;
  /**
   * The same in steps: verifies at most so many records behind `after` (undefined: from the beginning) and says how far it came. At the end of the log
   * its end is compared with the sealed roll, too.
   */
  verifyNext(after: AuditPlace | undefined, limit: number): Promise<{ readonly place: AuditPlace; readonly isOver: boolean }>;
  /** Verifies the newest records, at most so many, and that the log begins where it was pruned to. */
  verifyEnd(most: number): Promise<void>;
  /**
   * Gives up a log that does not verify: deletes what is left of it, and begins again behind its sealed end with a record of that. Answers with what was
   * wrong; undefined, and nothing is done, where it verifies.
   */
  restart(): Promise<AuditFault | undefined>;
  /**
   * Deletes the oldest records, up to the first that is not older than `before` (ms), and appends a record of that. The last one deleted stays as
   * the checkpoint that the rest is verified from; undefined when there was nothing to delete.
   */
  prune(before: number): Promise<{ readonly seq: number; readonly hash: Hash32 } | undefined>;
};

/** A refusal that is kept as a sample. Public. */
export type RefusalSample = {
  readonly code: string;
  /** Whether the requester that is named was proved to have asked. */
  readonly isVerified: boolean;
  /** In ms. */
  readonly at: number;
  readonly channel: "chain" | "http";
  readonly requestId?: RequestId;
  readonly document?: DocumentId;
  readonly requester?: string;
  readonly sessionKey?: string;
  readonly finalBlock?: Hash32;
  readonly headBlock?: Hash32;
};

/** Refusals, in a space that no number of them exceeds (D58): counts by code and hour, and per code the newest of verified requesters and of others. */
export type RefusalStore = {
  /** Adds what was refused since the last call. Counts older than 30 days are deleted. */
  add(refusals: { readonly counts: Readonly<Record<string, number>>; readonly samples: readonly RefusalSample[] }): Promise<void>;
  /** By hour since 1970 and code, newest first. */
  counts(): Promise<readonly { readonly code: string; readonly hour: number; readonly count: number }[]>;
  /** Newest first. */
  samples(): Promise<readonly RefusalSample[]>;
};

/** A wrong answer that this keeper challenges: the answer of `slot` to a request. */
export type ChallengeName = { readonly requestId: RequestId; readonly slot: number };

/**
 * What is known of a challenge. `gas`: the most that it can cost. `budgeted`: nothing pays for it, so it counts in the budget of that slot.
 * `givenUp`: it is not sent again.
 */
export type StoredChallenge = ChallengeName & {
  readonly gas: bigint;
  readonly budgeted: boolean;
  readonly at: number;
  readonly givenUp: boolean;
};

/** Challenges of wrong answers, durable before they are sent. */
export type ChallengeStore = {
  /**
   * Saves a challenge, once: a stored one is answered with as it is. With `budget`, only where the gas of the slot's budgeted challenges since
   * `budget.since` stays within `budget.gas`; undefined where it does not.
   */
  save(
    challenge: ChallengeName & { readonly gas: bigint; readonly budget?: { readonly gas: bigint; readonly since: number } },
  ): Promise<StoredChallenge | undefined>;
  /** Those of one request, by slot. */
  of(requestId: RequestId): Promise<readonly StoredChallenge[]>;
  giveUp(challenge: ChallengeName): Promise<void>;
  /** Deletes those from before a time, in ms; answers with how many. */
  prune(before: number): Promise<number>;
};

/** What a transaction does ("answer", "reshareDeal") and to what: ids, with ":" between them. Public. */
export type OutboxSubject = { readonly kind: string; readonly subject: string };

export type OutboxRecord<Entry> = OutboxSubject & { readonly id: string; readonly entry: Entry };

/** Records of chain/sender by intent id, as JSON; bigint and bytes survive. */
export type OutboxStore = {
  load<Entry>(id: string): Promise<Entry | undefined>;
  subjectOf(id: string): Promise<OutboxSubject | undefined>;
  /** Saves the record of an id, in the place of an earlier one. */
  save<Entry>(record: OutboxRecord<Entry>): Promise<void>;
  remove(id: string): Promise<void>;
  list<Entry>(): Promise<readonly OutboxRecord<Entry>[]>;
  /** Deletes records of these kinds, whose `state` is one of these, and which did not change since `before` (ms); answers with how many. */
  prune(filter: { readonly kinds: readonly string[]; readonly states: readonly string[]; readonly before: number }): Promise<number>;
};

/** Something to do that must survive a restart. `payload` is JSON; bigint and bytes survive. */
export type WorkItem<Payload = unknown> = {
  readonly id: string;
  readonly kind: string;
  readonly payload: Payload;
  readonly state: "pending" | "done" | "failed";
  readonly attempts: number;
  /** Not before this time, in ms. */
  readonly notBefore: number;
  readonly lastError?: string;
};

export type WorkStore = {
  /** Adds an item once; an id that is known is left alone, whatever its state. True when it is new. */
  add(item: { readonly id: string; readonly kind: string; readonly payload: unknown; readonly notBefore?: number }): Promise<boolean>;
  load<Payload>(id: string): Promise<WorkItem<Payload> | undefined>;
  /** Pending items that are due, oldest first. */
  due<Payload>(filter: { readonly now: number; readonly kind?: string; readonly limit?: number }): Promise<readonly WorkItem<Payload>[]>;
  retry(id: string, options: { readonly notBefore: number; readonly error: string }): Promise<void>;
  finish(id: string, state: "done" | "failed", error?: string): Promise<void>;
  /** Forgets items of a kind that are over and whose payload names a `blockNumber` below this one; answers with how many. */
  prune(filter: { readonly kind: string; readonly belowBlock: number }): Promise<number>;
};

/** Names a sealed table of an extension: 1 to 64 characters each, of a to z, 0 to 9, "-" and "_". */
export type SealedTable = { readonly extension: string; readonly table: string };
/** `key`: text of 1 to 256 bytes in UTF-8. */
export type SealedKey = SealedTable & { readonly key: string };

/**
 * Sealed tables of extensions: bytes by key, each row encrypted, bound to its extension, table and key, and listed in the roll, as a keeper's own secrets
 * are. Every method throws VAULT_VALUE_REFUSED where a name, key or value is not of the form or size that it may have.
 */
export type SealedTableStore = {
  /** Writes a row, in the place of an earlier one. `value`: at most 65,536 bytes; the caller keeps it and may erase it afterwards. */
  put(at: SealedKey, value: Uint8Array): Promise<void>;
  /** Undefined when there is no such row. Throws VAULT_TAMPERED when it is not what was written, or is gone though it was never deleted. */
  get(at: SealedKey): Promise<Uint8Array | undefined>;
  /** Destroys the row's data key, deletes the row and compacts the file. A damaged one, too. */
  delete(at: SealedKey): Promise<void>;
  /** Keys of a table in the order of their bytes, damaged ones among them: behind `after`, at most `limit`. */
  list(of: SealedTable, page?: { readonly after?: string; readonly limit?: number }): Promise<readonly string[]>;
};

/** Counts the lives of the keeper: what is drawn in one differs from what was drawn in another. PROTOCOL section 1.5. */
export type BootCounter = {
  /** The number of the life that begins, from 1; durable when it resolves. */
  next(): Promise<number>;
};

/** What a keeper knows of finality that was broken, as plain data: with it nothing is answered until the operator accepts a chain. */
export type BrokenFinalityStore = {
  load<Broken extends object>(): Promise<Broken | undefined>;
  /** Undefined: it is mended. */
  save(broken: object | undefined): Promise<void>;
};

/** Every store, bound either to the vault or to one transaction. */
export type VaultStores = {
  readonly secrets: OwnSecretStore;
  readonly identities: IdentityStore;
  readonly repairKeys: RepairKeyStore;
  readonly epochSecrets: EpochSecretStore;
  readonly epochProposals: EpochProposalStore;
  readonly departures: DepartureStore;
  readonly dealings: DealingStore;
  readonly keyShares: KeyShareStore;
  readonly answers: AnswerStore;
  readonly audit: AuditLog;
  readonly challenges: ChallengeStore;
  readonly refusals: RefusalStore;
  readonly logs: LogStore;
  /** Logs that a follower of an extension mirrored. */
  readonly logsOf: (follower: FollowerName) => LogStore;
  readonly sealedTables: SealedTableStore;
  readonly outbox: OutboxStore;
  readonly work: WorkStore;
  readonly boots: BootCounter;
  readonly brokenFinality: BrokenFinalityStore;
};
