import type { Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { digestOf } from "../sealing/associatedData.ts";
import type { AuditRecord } from "./types/audit.ts";

/**
 * SHA-256 over all fields, each with its length in front. Records of the first version have no session key and no author, and only those of signatures have a
 * key and a digest: lists of other lengths have other hashes.
 */
export const auditHashOf = (record: Omit<AuditRecord, "hash">): AuditRecord["hash"] => {
  const { seq, at, kind, requestId, document, requester, decision, finalBlock, headBlock, prevHash } = record;
  const { sessionKey = "", author = "", keyId = "", digest = "" } = record;
  const fields = [String(seq), String(at), kind, requestId, document, requester, decision, finalBlock, headBlock, prevHash];
  const signed = keyId === "" && digest === "" ? [] : [keyId, digest];
  const more = sessionKey === "" && author === "" && signed.length === 0 ? [] : [sessionKey, author, ...signed];
  return `0x${Buffer.from(digestOf("keyquorum/v1/audit", ...fields, ...more)).toString("hex")}` as AuditRecord["hash"];
};

/** Ids were ids when they were written; `verify` shows whether they still are what was written. */
export const recordOf = (row: Selectable<VaultSchema["audit"]>): AuditRecord =>
  ({
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    requestId: row.request_id,
    document: row.document,
    requester: row.requester,
    decision: row.decision,
    finalBlock: row.final_block,
    headBlock: row.head_block,
    prevHash: row.prev_hash,
    hash: row.hash,
    ...(row.session_key === "" ? {} : { sessionKey: row.session_key }),
    ...(row.author === "" ? {} : { author: row.author }),
    ...(row.key_id === "" ? {} : { keyId: row.key_id }),
    ...(row.digest === "" ? {} : { digest: row.digest }),
  }) as AuditRecord;
