/**
 * The roll: a sealed sum over all sealed rows, the end of the audit log, and the number of the keeper's starts. If a row was added, or a file replaced
 * by an older version, the sum is wrong and the vault does not open (attacks 41, 42). Each row's term of the sum is in `roll_entry`, so that a single
 * changed or deleted row is identified and only that row is lost: `verifySealedRows`.
 *
 * sum = sum of HMAC(roll key, row) mod 2^256, so that one row's change costs one subtraction and one addition.
 * Not protected: replacing the whole directory by that of an earlier day. The chain reveals it (a share's epoch and verifying share).
 */
import { createHmac } from "node:crypto";
import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { NO_SECRETS, type SecretsPlace } from "../secrets/secretsState.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";
import type { AuditPlace } from "../stores/types/audit.ts";
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
  /** What the file of secrets should be; undefined in a vault of a version that had none. */
  readonly secrets?: SecretsPlace;
};

export const ROLL_KIND = "roll";
const MODULUS = 1n << 256n;
export const EMPTY_ROLL: Roll = { sum: 0n, auditSeq: 0, auditHash: `0x${"00".repeat(32)}`, secrets: NO_SECRETS };

/** One row's part of the sum. */
export const rollTermOf = (sealer: Sealer, place: RecordPlace, parts: SealedParts): bigint => {
  const row = digestOf(place.kind, place.id, String(place.version), parts.wrappedKey, parts.body);
  return BigInt(`0x${createHmac("sha256", sealer.rollKey).update(row).digest("hex")}`);
};

export const loadRoll = async (db: Kysely<VaultSchema>, sealer: Sealer): Promise<Roll & { readonly version: number }> => {
  const row = await db.selectFrom("anchor").selectAll().where("kind", "=", ROLL_KIND).executeTakeFirst();
  if (row === undefined) throw new VaultError("VAULT_TAMPERED", "The vault's roll is gone. Restore the vault from a backup.");
  const plaintext = sealer.open({ kind: ROLL_KIND, id: row.id, version: row.version }, { wrappedKey: row.wrapped_key, body: row.body });
  return { ...decodeStored<Roll>(Buffer.from(plaintext).toString("utf8")), version: row.version };
};

export const saveRoll = async (db: Kysely<VaultSchema>, sealer: Sealer, { version, ...roll }: Roll & { version: number }) => {
  const place = { kind: ROLL_KIND, id: ROLL_KIND, version };
  const { wrappedKey, body } = sealer.seal(place, Buffer.from(encodeStored(roll), "utf8"));
  await db
    .insertInto("anchor")
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
  readonly secrets?: SecretsPlace;
};

/** Moves the roll at once, where no other change of the transaction follows. */
export const moveRoll = async (db: Kysely<VaultSchema>, sealer: Sealer, change: RollChange): Promise<void> => {
  const roll = createRollBook(sealer);
  await roll.move(db, change);
  await roll.seal(db);
};

/** The roll as a transaction sees it. */
export type RollReader = { load(db: Kysely<VaultSchema>): Promise<Stored> };
/** What stores change in it; `RollBook` seals it. */
export type OpenRoll = RollReader & { move(db: Kysely<VaultSchema>, change: RollChange): Promise<void> };

/** The roll of one transaction at a time: opened at its first use, moved by each change, and sealed once, before the commit. */
export type RollBook = OpenRoll & {
  /** Forgets what the last transaction made of it. */
  begin(): void;
  /** Where the roll stands: a change of a part of the transaction that is taken back goes back to here. */
  mark(): RollMark;
  backTo(mark: RollMark): void;
  /** Has it sealed as a greater version, whatever moved: every commit of records counts. One that cannot be opened stays as it is, for the scrub to name. */
  count(db: Kysely<VaultSchema>): Promise<void>;
  /** Writes it, if it was moved or is to be counted. */
  seal(db: Kysely<VaultSchema>): Promise<void>;
};

/** `version`: one greater with each commit. */
type Stored = Roll & { readonly version: number };
export type RollMark = Stored | undefined;

/** The roll as the file has it. */
export const storedRoll = (sealer: Sealer): RollReader => ({ load: (db) => loadRoll(db, sealer) });

export const createRollBook = (sealer: Sealer): RollBook => {
  let [stored, current]: [RollMark, RollMark] = [undefined, undefined];
  const load = async (db: Kysely<VaultSchema>): Promise<Stored> => {
    if (current !== undefined) return current;
    const found = await loadRoll(db, sealer);
    stored ??= found; // another call of the same transaction may have been first, and may have moved it
    current ??= stored;
    return current;
  };
  return {
    load,
    move: async (db, { sum = 0n, audit, ...changes }) => {
      await load(db);
      const roll = current as Stored; // true: it was loaded; others may have moved it meanwhile
      const end = audit === undefined ? {} : { auditSeq: audit.seq, auditHash: audit.hash };
      current = { ...roll, ...end, ...changes, sum: reduce(roll.sum + sum) };
    },
    begin: () => {
      [stored, current] = [undefined, undefined];
    },
    mark: () => current,
    backTo: (mark) => {
      current = mark;
    },
    count: async (db) => {
      try {
        current = { ...(await load(db)) };
      } catch (error) {
        if (!(error instanceof VaultError && error.code === "VAULT_TAMPERED")) throw error;
      }
    },
    seal: async (db) => {
      if (current === undefined || current === stored) return;
      stored = { ...current, version: current.version + 1 };
      current = stored;
      await saveRoll(db, sealer, stored);
    },
  };
};

/** A sum of terms as the roll has it. */
export const reduce = (sum: bigint): bigint => ((sum % MODULUS) + MODULUS) % MODULUS;
