/**
 * The roll: a sealed sum over all sealed rows, the end of the audit log, and how often the keeper was started. A row that was added, or a file that was
 * given back an older version, no longer adds up, so the vault does not open (attacks 41, 42). Each row's term of the sum stands in `roll_entry`, so
 * that one row which was changed or deleted has a name, and costs no more than itself: `verifySealedRows`.
 *
 * sum = sum of HMAC(roll key, row) mod 2^256, so that one row's change costs one subtraction and one addition.
 * Not protected: giving back the whole directory of an earlier day. Then the chain tells (a share's epoch and verifying share).
 */
import { createHmac } from "node:crypto";
import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { AuditPlace } from "../stores/types.ts";
import { digestOf, type RecordPlace } from "./associatedData.ts";
import type { SealedParts, Sealer } from "./sealer.ts";

export type Roll = {
  readonly sum: bigint;
  readonly auditSeq: number;
  readonly auditHash: string;
  /** The last audit record that was pruned; undefined: none was. */
  readonly auditCheckpoint?: AuditPlace;
  /** Lives of the keeper so far; undefined in a vault of an earlier version. */
  readonly boots?: number;
  /** See `BrokenFinalityStore`. */
  readonly brokenFinality?: unknown;
};

export const ROLL_KIND = "roll";
const MODULUS = 1n << 256n;
export const EMPTY_ROLL: Roll = { sum: 0n, auditSeq: 0, auditHash: `0x${"00".repeat(32)}` };

/** One row's part of the sum. */
export const rollTermOf = (sealer: Sealer, place: RecordPlace, parts: SealedParts): bigint => {
  const row = digestOf(place.kind, place.id, String(place.version), parts.wrappedKey, parts.body);
  return BigInt(`0x${createHmac("sha256", sealer.rollKey).update(row).digest("hex")}`);
};

export const loadRoll = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<Roll & { readonly version: number }> => {
  const row = await db.selectFrom("sealed").selectAll().where("kind", "=", ROLL_KIND).executeTakeFirst();
  if (row === undefined) throw new VaultError("VAULT_TAMPERED", "The vault's roll is gone. Restore the vault from a backup.");
  const plaintext = sealer.open({ kind: ROLL_KIND, id: row.id, version: row.version }, { wrappedKey: row.wrapped_key, body: row.body });
  return { ...decodeStored<Roll>(Buffer.from(plaintext).toString("utf8")), version: row.version };
};

export const saveRoll = async (db: Kysely<VaultSchema>, sealer: Sealer, { version, ...roll }: Roll & { version: number }) => {
  const place = { kind: ROLL_KIND, id: ROLL_KIND, version };
  const { wrappedKey, body } = sealer.seal(place, Buffer.from(encodeStored(roll), "utf8"));
  await db
    .insertInto("sealed")
    .values({ ...place, wrapped_key: wrappedKey, body })
    .onConflict((conflict) => conflict.columns(["kind", "id"]).doUpdateSet({ version, wrapped_key: wrappedKey, body }))
    .execute();
};

/** What changes in the roll. `sum` is added to it, and may be negative. */
export type RollChange = {
  readonly sum?: bigint;
  readonly audit?: AuditPlace;
  readonly auditCheckpoint?: AuditPlace;
  readonly boots?: number;
  /** Undefined takes it out. */
  readonly brokenFinality?: unknown;
};

export const moveRoll = async (db: Kysely<VaultSchema>, sealer: Sealer, { sum = 0n, audit, ...changes }: RollChange): Promise<void> => {
  const roll = await loadRoll(db, sealer);
  const end = audit === undefined ? {} : { auditSeq: audit.seq, auditHash: audit.hash };
  await saveRoll(db, sealer, { ...roll, ...end, ...changes, sum: reduce(roll.sum + sum), version: roll.version + 1 });
};

/** A sum of terms as the roll has it. */
export const reduce = (sum: bigint): bigint => ((sum % MODULUS) + MODULUS) % MODULUS;
