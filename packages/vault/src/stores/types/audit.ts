import type { DocumentId, Hash32, KeyId, RequestId } from "@keyquorum/wire";

/** What is written down about every release and every administrative act. Append-only. */
export type AuditEntry = {
  /** "answer", "signature", "prune"; an extension's releases: its name, "/", and its word; in records of earlier versions also "refusal". */
  readonly kind: string;
  /** Of a share request or a signing request. */
  readonly requestId: RequestId;
  /** Zero where it is about none. */
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
  /** Of a signature: the key, and what it signs. */
  readonly keyId?: KeyId;
  readonly digest?: Hash32;
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
