import type { Hash32 } from "@keyquorum/wire";
import type { Kysely, Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { digestOf } from "../sealing/associatedData.ts";
import { type AuditPlace, EMPTY_ROLL, loadRoll, moveRoll } from "../sealing/roll.ts";
import type { StoreContext } from "./context.ts";
import type { AuditEntry, AuditLog, AuditRecord } from "./types.ts";

const PAGE = 1000;

/**
 * Append-only hash chain over all releases and administrative acts. Its end is in the sealed roll, so a cut tail is noticed too; so is the last record
 * that the operator pruned, from where the rest is verified.
 */
export const createAuditLog = ({ run, sealer, clock }: StoreContext): AuditLog => ({
  append: (entry) => run((db) => append(db, { sealer, clock }, entry)),
  find: (filter = {}) =>
    run(async (db) => {
      let query = db.selectFrom("audit").selectAll().orderBy("seq");
      if (filter.requestId !== undefined) query = query.where("request_id", "=", filter.requestId);
      if (filter.fromSeq !== undefined) query = query.where("seq", ">=", filter.fromSeq);
      if (filter.limit !== undefined) query = query.limit(filter.limit);
      return (await query.execute()).map(recordOf);
    }),
  verify: () =>
    run(async (db) => {
      const { auditCheckpoint } = await loadRoll(db, sealer);
      const marked = await db.selectFrom("audit_checkpoint").select(["seq", "hash"]).executeTakeFirst();
      let { seq, hash } = auditCheckpoint ?? START;
      if ((marked?.seq ?? 0) !== seq || (marked?.hash ?? START.hash) !== hash) throw broken(seq + 1);
      const pruned = seq;
      for (;;) {
        const records = await pageAfter(db, seq);
        for (const record of records) {
          if (record.seq !== seq + 1 || record.prevHash !== hash || record.hash !== auditHashOf(record)) throw broken(seq + 1);
          [seq, hash] = [record.seq, record.hash];
        }
        if (records.length < PAGE) break;
      }
      const end = await loadRoll(db, sealer);
      if (end.auditSeq !== seq || end.auditHash !== hash) throw broken(seq + 1);
      return { count: seq, pruned, hash: hash as AuditRecord["hash"] };
    }),
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
      await moveRoll(db, sealer, { auditCheckpoint: { seq, hash } });
      await db.deleteFrom("audit").where("seq", "<=", seq).execute();
      const hashed = hash as AuditRecord["hash"]; // true: it is a record's
      await append(db, { sealer, clock }, { ...PRUNED, requestId: hash as AuditEntry["requestId"], decision: `PRUNED_TO_${seq}` });
      return { seq, hash: hashed };
    }),
});

const START: AuditPlace = { seq: 0, hash: EMPTY_ROLL.auditHash };

const append = async (
  db: Kysely<VaultSchema>,
  { sealer, clock }: Pick<StoreContext, "sealer" | "clock">,
  entry: AuditEntry,
): Promise<AuditRecord> => {
  const { auditSeq, auditHash } = await loadRoll(db, sealer);
  const linked = { ...entryFields(entry), seq: auditSeq + 1, at: clock(), prevHash: auditHash as AuditRecord["prevHash"] };
  const record = { ...linked, hash: auditHashOf(linked) };
  await db.insertInto("audit").values(rowOf(record)).execute();
  await moveRoll(db, sealer, { audit: { seq: record.seq, hash: record.hash } });
  return record;
};

/** An operator's act: it is about no document and no block. */
const NOTHING = START.hash as Hash32;
const PRUNED = {
  kind: "prune",
  document: NOTHING as string as AuditEntry["document"],
  requester: "",
  finalBlock: NOTHING,
  headBlock: NOTHING,
} as const;

const broken = (seq: number): VaultError =>
  new VaultError("VAULT_AUDIT_BROKEN", "The audit log was changed or cut. Compare it with a backup before you trust it.", { seq });

/** SHA-256 over all fields, each with its length in front; records of the first version have no session key and no author. */
const auditHashOf = (record: Omit<AuditRecord, "hash">): AuditRecord["hash"] => {
  const { seq, at, kind, requestId, document, requester, decision, finalBlock, headBlock, prevHash, sessionKey = "", author = "" } = record;
  const fields = [String(seq), String(at), kind, requestId, document, requester, decision, finalBlock, headBlock, prevHash];
  const more = sessionKey === "" && author === "" ? [] : [sessionKey, author];
  return `0x${Buffer.from(digestOf("keyquorum/v1/audit", ...fields, ...more)).toString("hex")}` as AuditRecord["hash"];
};

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
}: AuditEntry): AuditEntry => ({
  ...{ kind, requestId, document, requester, decision, finalBlock, headBlock },
  ...(sessionKey === undefined ? {} : { sessionKey }),
  ...(author === undefined ? {} : { author }),
});

const pageAfter = async (db: Kysely<VaultSchema>, seq: number): Promise<readonly AuditRecord[]> =>
  (await db.selectFrom("audit").selectAll().where("seq", ">", seq).orderBy("seq").limit(PAGE).execute()).map(recordOf);

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
});

/** Ids were ids when they were written; `verify` shows whether they still are what was written. */
const recordOf = (row: Selectable<VaultSchema["audit"]>): AuditRecord =>
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
  }) as AuditRecord;
