import { type Kysely, type Selectable, sql } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { digestOf } from "../sealing/associatedData.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { SigningEvidence, SigningEvidenceStore, StoredEvidence } from "./types/signing.ts";

/** Of one member of an epoch. */
const MOST_OF_A_MEMBER = 16;
const MOST = 2_048;
/** As text. */
const LONGEST = 262_144;

/** The oldest is kept: what comes after enough of one member says nothing new of it. */
export const createSigningEvidenceStore = ({ run, read, sealer, damage, clock }: StoreContext): SigningEvidenceStore => ({
  add: (evidence) =>
    run(async (db) => {
      if (evidence.evidence.length > LONGEST)
        throw new VaultError("VAULT_VALUE_REFUSED", `Evidence may have ${LONGEST} characters.`, { length: evidence.evidence.length });
      const { epoch, slot } = evidence;
      const row = rowOf(evidence);
      if ((await countOf(db, { epoch, slot })) >= MOST_OF_A_MEMBER || (await countOf(db)) >= MOST) return false;
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("signing_evidence")
        .values(withMark(sealer, "signing_evidence", { ...row, created_at: clock() }))
        .onConflict((conflict) => conflict.column("evidence_hash").doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    }),
  list: ({ epoch, slot } = {}) =>
    read(async (db) => {
      let query = db.selectFrom("signing_evidence").selectAll().orderBy("number");
      if (epoch !== undefined) query = query.where("epoch", "=", epoch);
      if (slot !== undefined) query = query.where("slot", "=", slot);
      return (await query.execute()).flatMap((row) => {
        if (isIntact(sealer, "signing_evidence", row)) return [evidenceOf(row)];
        damage.note({ table: "signing_evidence", id: row.evidence_hash });
        return [];
      });
    }),
  prune: (before) =>
    run(async (db) => {
      const { numDeletedRows } = await db.deleteFrom("signing_evidence").where("created_at", "<", before).executeTakeFirst();
      return Number(numDeletedRows);
    }),
});

const countOf = async (db: Kysely<VaultSchema>, of?: { readonly epoch: number; readonly slot: number }): Promise<number> => {
  let query = db.selectFrom("signing_evidence").select(sql<number>`count(*)`.as("count"));
  if (of !== undefined) query = query.where("epoch", "=", of.epoch).where("slot", "=", of.slot);
  return (await query.executeTakeFirstOrThrow()).count;
};

const rowOf = ({ keyId, epoch, slot, requestId, reason, evidence }: SigningEvidence) => ({
  evidence_hash: Buffer.from(digestOf("keyquorum/v1/signing-evidence", keyId, String(epoch), String(slot), reason, evidence)).toString(
    "hex",
  ),
  ...{ key_id: keyId, epoch, slot, request_id: requestId, reason, evidence },
});

const evidenceOf = (row: Selectable<VaultSchema["signing_evidence"]>): StoredEvidence => ({
  // Both were ids when they were saved.
  keyId: row.key_id as StoredEvidence["keyId"],
  requestId: row.request_id as StoredEvidence["requestId"],
  ...{ epoch: row.epoch, slot: row.slot, reason: row.reason, evidence: row.evidence, at: row.created_at },
});
