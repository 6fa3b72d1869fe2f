import type { Kysely } from "kysely";
import { forEachInTurns } from "../commits/endOfTurn.ts";
import { hasAuditTriggers } from "../database/auditTriggers.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { EMPTY_ROLL, type Roll, type RollReader } from "../sealing/roll.ts";
import { auditHashOf, recordOf } from "./auditRecord.ts";
import type { AuditFault, AuditPlace, AuditRecord } from "./types/audit.ts";

const PAGE = 1000;
const START: AuditPlace = { seq: 0, hash: EMPTY_ROLL.auditHash };

/** From what was pruned to the end that the sealed roll has. Throws VAULT_AUDIT_BROKEN. */
export const verifyAudit = async (
  db: Kysely<VaultSchema>,
  reader: RollReader,
): Promise<{ readonly count: number; readonly pruned: number; readonly hash: AuditRecord["hash"] }> => {
  const { seq: pruned } = await checkpointOf(db, await reader.load(db));
  let step = await verifyAuditStep(db, reader, { after: undefined, limit: PAGE });
  while (!step.isOver) step = await verifyAuditStep(db, reader, { after: step.place, limit: PAGE });
  const { seq, hash } = step.place;
  return { count: seq, pruned, hash: hash as AuditRecord["hash"] }; // true: it is a record's, or zero
};

/** The next records behind a place that was verified. What was pruned meanwhile is not asked for. */
export const verifyAuditStep = async (
  db: Kysely<VaultSchema>,
  reader: RollReader,
  { after, limit }: { readonly after: AuditPlace | undefined; readonly limit: number },
): Promise<{ readonly place: AuditPlace; readonly isOver: boolean }> => {
  const roll = await reader.load(db);
  const start = await checkpointOf(db, roll);
  let place = after === undefined || after.seq < start.seq ? start : after;
  const rows = await db.selectFrom("audit").selectAll().where("seq", ">", place.seq).orderBy("seq").limit(limit).execute();
  await forEachInTurns(rows, async (row) => {
    const record = recordOf(row);
    const seq = place.seq + 1;
    if (seq > roll.auditSeq) throw broken({ seq, reason: "added" });
    if (record.seq !== seq) throw broken({ seq, reason: "missing" });
    if (record.prevHash !== place.hash || record.hash !== auditHashOf(record)) throw broken({ seq, reason: "changed" });
    place = { seq, hash: record.hash };
  });
  const isOver = rows.length < limit;
  if (isOver && place.seq !== roll.auditSeq) throw broken({ seq: place.seq + 1, reason: "missing" });
  if (isOver && place.hash !== roll.auditHash) throw broken({ seq: place.seq, reason: "changed" });
  // Last: where records are touched, they are named.
  if (isOver && !(await hasAuditTriggers(db))) throw broken({ seq: start.seq + 1, reason: "trigger" });
  return { place, isOver };
};

/** The newest records, at most so many, up to the end that the roll has; and where the log begins. */
export const verifyAuditEnd = async (db: Kysely<VaultSchema>, reader: RollReader, most: number): Promise<void> => {
  const roll = await reader.load(db);
  const start = await checkpointOf(db, roll);
  const from = Math.max(start.seq, roll.auditSeq - most);
  const anchor =
    from === start.seq ? start : await db.selectFrom("audit").select(["seq", "hash"]).where("seq", "=", from).executeTakeFirst();
  if (anchor === undefined) throw broken({ seq: from, reason: "missing" });
  await verifyAuditStep(db, reader, { after: anchor, limit: most + 1 });
};

/** Where the records begin, as the roll has it and the table says too. */
const checkpointOf = async (db: Kysely<VaultSchema>, { auditCheckpoint = START }: Roll): Promise<AuditPlace> => {
  const marked = (await db.selectFrom("audit_checkpoint").select(["seq", "hash"]).executeTakeFirst()) ?? START;
  if (marked.seq === auditCheckpoint.seq && marked.hash === auditCheckpoint.hash) return auditCheckpoint;
  throw broken({ seq: auditCheckpoint.seq + 1, reason: "checkpoint" });
};

const broken = (fault: AuditFault): VaultError =>
  new VaultError(
    "VAULT_AUDIT_BROKEN",
    `The audit log was changed or cut: ${SENTENCES[fault.reason]} ${fault.seq}. Compare it with a backup before you trust it.`,
    fault,
  );

const SENTENCES: Readonly<Record<AuditFault["reason"], string>> = {
  missing: "there is no record",
  changed: "what stands there is not what was written as record",
  added: "this keeper never wrote a record",
  checkpoint: "it does not begin where it was pruned, at record",
  trigger: "what guards it is gone, from record",
};

/** What is wrong with the log, from the error that says it; throws any other. */
export const auditFaultOf = (error: unknown): AuditFault => {
  if (error instanceof VaultError && error.code === "VAULT_AUDIT_BROKEN") return error.details as AuditFault; // true: `broken` made it
  throw error;
};
