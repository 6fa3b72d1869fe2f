import type { Hash32 } from "@keyquorum/wire";
import type { Kysely, Selectable } from "kysely";
import { createAuditTriggers, dropAuditTriggers } from "../database/auditTriggers.ts";
import type { VaultSchema } from "../database/schema.ts";
import { EMPTY_ROLL } from "../sealing/roll.ts";
import { auditHashOf, recordOf } from "./auditRecord.ts";
import type { StoreContext } from "./context.ts";
import type { AuditEntry, AuditLog, AuditRecord } from "./types/audit.ts";
import { auditFaultOf, verifyAudit, verifyAuditEnd, verifyAuditStep } from "./verifyAudit.ts";

/**
 * Append-only hash chain over all releases and administrative acts. Its end is in the sealed roll, so a cut tail is noticed too; so is the last record
 * that the operator pruned, from where the rest is verified.
 */
export const createAuditLog = ({ run, read, roll, clock }: StoreContext): AuditLog => ({
  append: (entry) => run((db) => append(db, { roll, clock }, entry)),
  find: (filter = {}) =>
    read(async (db) => {
      let query = db.selectFrom("audit").selectAll().orderBy("seq");
      if (filter.requestId !== undefined) query = query.where("request_id", "=", filter.requestId);
      if (filter.fromSeq !== undefined) query = query.where("seq", ">=", filter.fromSeq);
      if (filter.limit !== undefined) query = query.limit(filter.limit);
      return (await query.execute()).map(recordOf);
    }),
  verify: () => read(verifyAudit),
  verifyNext: (after, limit) => read((db, sealed) => verifyAuditStep(db, sealed, { after, limit })),
  verifyEnd: (most) => read((db, sealed) => verifyAuditEnd(db, sealed, most)),
  prune: (before) =>
    run(async (db) => {
      const kept = await db.selectFrom("audit").select("seq").where("at", ">=", before).orderBy("seq").executeTakeFirst();
      const last = await db
        .selectFrom("audit")
        .select(["seq", "hash"])
        .where("seq", "<", kept?.seq ?? Number.MAX_SAFE_INTEGER)
        .orderBy("seq", "desc")
        .executeTakeFirst();
      if (last === undefined) return undefined;
      const { seq, hash } = last;
      await db
        .insertInto("audit_checkpoint")
        .values({ id: 1, seq, hash })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ seq, hash }))
        .execute();
      await roll.move(db, { auditCheckpoint: { seq, hash } });
      await db.deleteFrom("audit").where("seq", "<=", seq).execute();
      const hashed = hash as AuditRecord["hash"]; // true: it is a record's
      await append(db, { roll, clock }, actOf("prune", hash, `PRUNED_TO_${seq}`));
      return { seq, hash: hashed };
    }),
  restart: () =>
    run(async (db) => {
      const fault = await verifyAudit(db, roll).then(() => undefined, auditFaultOf);
      if (fault === undefined) return undefined;
      const { auditSeq, auditHash } = await roll.load(db);
      await dropAuditTriggers(db);
      await db.deleteFrom("audit").execute();
      await db.deleteFrom("audit_checkpoint").execute();
      await db.insertInto("audit_checkpoint").values({ id: 1, seq: auditSeq, hash: auditHash }).execute();
      await createAuditTriggers(db);
      await roll.move(db, { auditCheckpoint: { seq: auditSeq, hash: auditHash } });
      await append(db, { roll, clock }, actOf("restart", auditHash, `BROKEN_AT_${fault.seq}`));
      return fault;
    }),
});

const append = async (
  db: Kysely<VaultSchema>,
  { roll, clock }: Pick<StoreContext, "roll" | "clock">,
  entry: AuditEntry,
): Promise<AuditRecord> => {
  const { auditSeq, auditHash } = await roll.load(db);
  const linked = { ...entryFields(entry), seq: auditSeq + 1, at: clock(), prevHash: auditHash as AuditRecord["prevHash"] };
  const record = { ...linked, hash: auditHashOf(linked) };
  // What stands behind the end that the roll has is no record of this log.
  await db.replaceInto("audit").values(rowOf(record)).execute();
  await roll.move(db, { audit: { seq: record.seq, hash: record.hash } });
  return record;
};

/** An operator's act: it is about no document and no block. */
const actOf = (kind: "prune" | "restart", hash: string, decision: string): AuditEntry => ({
  ...{ kind, decision, requester: "", finalBlock: NOTHING, headBlock: NOTHING },
  requestId: hash as AuditEntry["requestId"],
  document: NOTHING as string as AuditEntry["document"],
});
const NOTHING = EMPTY_ROLL.auditHash as Hash32;

/** Only the fields that are stored and hashed. */
const entryFields = ({
  kind,
  requestId,
  document,
  requester,
  decision,
  finalBlock,
  headBlock,
  sessionKey,
  author,
  keyId,
  digest,
}: AuditEntry): AuditEntry => ({
  ...{ kind, requestId, document, requester, decision, finalBlock, headBlock },
  ...(sessionKey === undefined ? {} : { sessionKey }),
  ...(author === undefined ? {} : { author }),
  ...(keyId === undefined ? {} : { keyId }),
  ...(digest === undefined ? {} : { digest }),
});

const rowOf = (record: AuditRecord): Selectable<VaultSchema["audit"]> => ({
  seq: record.seq,
  at: record.at,
  kind: record.kind,
  request_id: record.requestId,
  document: record.document,
  requester: record.requester,
  decision: record.decision,
  final_block: record.finalBlock,
  head_block: record.headBlock,
  prev_hash: record.prevHash,
  hash: record.hash,
  session_key: record.sessionKey ?? "",
  author: record.author ?? "",
  key_id: record.keyId ?? "",
  digest: record.digest ?? "",
});
