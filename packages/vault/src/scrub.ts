import { type Kysely, sql } from "kysely";
import { forEachInTurns } from "./commits/endOfTurn.ts";
import type { Damage, DamageBook } from "./damage.ts";
import type { VaultSchema } from "./database/schema.ts";
import { VaultError } from "./errors.ts";
import { isIntact, MARKED_TABLES, type MarkedTable, type StoredRow } from "./sealing/marks.ts";
import { ROLL_KIND, type RollReader } from "./sealing/roll.ts";
import { termOf } from "./sealing/rollEntries.ts";
import { rollTermOfRow } from "./sealing/sealedRows.ts";
import type { Sealer } from "./sealing/sealer.ts";
import { doesRollAddUp, STATE_DAMAGE } from "./sealing/verifySealedRows.ts";
import type { SecretsBook } from "./secrets/secretsBook.ts";
import type { SecretsFile } from "./secrets/secretsFile.ts";

/** What one step of a scrub did. */
export type ScrubStep = {
  readonly checked: number /** Every record was looked at since the last time that this was true. */;
  readonly isRoundOver: boolean;
};

type Checked = { readonly checked: number; readonly damaged: readonly Damage[]; readonly intact: readonly Damage[]; readonly last: number };
/** Looks at the next records of a part of the vault, in the order of their row numbers. */
type Part = (db: Kysely<VaultSchema>, after: number, limit: number) => Promise<Checked>;

/** What is looked at, and with what. */
type Scrubbed = {
  readonly sealer: Sealer;
  readonly roll: RollReader;
  readonly secrets: SecretsFile;
  readonly book: Pick<SecretsBook, "isLeftOver">;
};

/**
 * Looks at every record of both files, a bounded number at each step: whether each secret is the one that the roll has, whether none is gone, whether
 * each marked row is as it was written, and whether the roll adds up. Goes on where the last step ended; a restart begins again.
 */
export const createScrub = ({ damage, ...scrubbed }: Scrubbed & { readonly damage: DamageBook }) => {
  const { sealer } = scrubbed;
  const parts: readonly Part[] = [
    secretsOf(scrubbed),
    listedSecrets(scrubbed),
    rollOf(scrubbed),
    stateOf(scrubbed),
    ...MARKED_TABLES.map((table) => markedRows(sealer, table)),
  ];
  let place = { part: 0, after: 0 };

  return async (db: Kysely<VaultSchema>, limit: number): Promise<ScrubStep> => {
    let checked = 0;
    while (checked < limit) {
      const room = limit - checked;
      const found = await (parts[place.part] as Part)(db, place.after, room); // true: `place` is never past the last
      for (const one of found.intact) damage.forget(one);
      for (const one of found.damaged) damage.note(one);
      checked += found.checked;
      place = found.checked < room ? { part: place.part + 1, after: 0 } : { part: place.part, after: found.last };
      if (place.part < parts.length) continue;
      place = { part: 0, after: 0 };
      damage.endRound();
      return { checked, isRoundOver: true };
    }
    return { checked, isRoundOver: false };
  };
};

const outcome = async <Row extends { readonly row_number: number }>(
  rows: readonly Row[],
  look: (row: Row) => { readonly name: Damage; readonly isIntact: boolean },
): Promise<Checked> => {
  const looks: { readonly name: Damage; readonly isIntact: boolean }[] = [];
  await forEachInTurns(rows, async (row) => void looks.push(look(row)));
  return {
    checked: rows.length,
    damaged: looks.filter((one) => !one.isIntact).map(({ name }) => name),
    intact: looks.filter((one) => one.isIntact).map(({ name }) => name),
    last: rows.at(-1)?.row_number ?? 0,
  };
};

const secretsOf =
  ({ sealer, secrets, book }: Scrubbed): Part =>
  async (db, after, limit) => {
    const rows = await secrets.page(after, limit);
    const looks: { readonly row_number: number; readonly name: Damage; readonly isIntact: boolean }[] = [];
    for (const row of rows) {
      const term = rollTermOfRow(sealer, row);
      const isIntact = book.isLeftOver(row.number) || (term !== undefined && term === (await termOf(db, row)));
      looks.push({ row_number: row.number, name: { table: "sealed", kind: row.kind, id: row.id }, isIntact });
    }
    return outcome(looks, (look) => look);
  };

/** Secrets that the roll has and the file has not; and shares whose public part is gone. */
const listedSecrets =
  ({ secrets }: Scrubbed): Part =>
  async (db, after, limit) => {
    const { rows } = await sql<{ row_number: number; kind: string; id: string; anchor: number | null; share: number | null }>`
    SELECT roll_entry.rowid AS row_number, roll_entry.kind, roll_entry.id, anchor.rowid AS anchor, key_share.rowid AS share
    FROM roll_entry LEFT JOIN anchor USING (kind, id)
    LEFT JOIN key_share ON roll_entry.kind = 'key_share' AND key_share.key_id = substr(roll_entry.id, 1, 66)
      AND key_share.key_id || '/' || key_share.epoch || '/' || key_share.digest = roll_entry.id
    WHERE roll_entry.rowid > ${after} ORDER BY roll_entry.rowid LIMIT ${limit}`.execute(db);
    const gone = rows
      .filter(({ anchor, kind, id }) => anchor === null && secrets.rowsOf({ kind, id }).length === 0)
      .map(({ kind, id }) => ({ table: "sealed", kind, id }));
    const halves = rows.filter(({ kind, share }) => kind === "key_share" && share === null).map(({ id }) => ({ table: "key_share", id }));
    return { checked: rows.length, damaged: [...gone, ...halves], intact: [], last: rows.at(-1)?.row_number ?? 0 };
  };

const rollOf =
  ({ sealer, secrets, roll, book }: Scrubbed): Part =>
  async (db) => {
    const name = { table: "sealed", kind: ROLL_KIND, id: ROLL_KIND };
    const isLeftOver = ({ number }: { readonly number: number | undefined }): boolean => number !== undefined && book.isLeftOver(number);
    return outcomeOf(name, await doesRollAddUp(db, { sealer, secrets, roll, isLeftOver }));
  };

const stateOf =
  ({ sealer, secrets }: Scrubbed): Part =>
  async () => {
    const isRight = await secrets.state(sealer).then(
      () => true,
      (error: unknown) => {
        if (error instanceof VaultError && error.code === "VAULT_TAMPERED") return false;
        throw error;
      },
    );
    return outcomeOf(STATE_DAMAGE, isRight);
  };

const outcomeOf = (name: Damage, isRight: boolean): Checked => ({
  checked: 0,
  damaged: isRight ? [] : [name],
  intact: isRight ? [name] : [],
  last: 0,
});

const markedRows =
  (sealer: Sealer, table: MarkedTable): Part =>
  async (db, after, limit) => {
    const { rows } = await sql<
      StoredRow & { readonly row_number: number }
    >`SELECT rowid AS row_number, * FROM ${sql.table(table)} WHERE rowid > ${after} ORDER BY rowid LIMIT ${limit}`.execute(db);
    return outcome(rows, (row) => ({ name: { table, id: idOf(table, row) }, isIntact: isIntact(sealer, table, row) }));
  };

const ID_COLUMNS: Readonly<Record<MarkedTable, readonly string[]>> = {
  former_operator: ["position"],
  key_share: ["key_id", "epoch", "digest"],
  dealing: ["sid"],
  answer: ["request_id", "epoch"],
  epoch_proposal: ["epoch", "candidates"],
  departure: ["key_id", "epoch"],
  follower: ["id"],
  outbox: ["id"],
  work: ["id"],
  mirrored_log: ["block_number", "log_index"],
  extension_follower: ["follower"],
  extension_log: ["follower", "block_number", "log_index"],
  signing_share: ["nonce_id"],
  ecdsa_release: ["session"],
  signing_evidence: ["evidence_hash"],
  peer_boot: ["epoch", "slot"],
  signing_pin: ["key_id"],
};

/** How a marked row is named, as far as its own columns say it. */
export const idOf = (table: MarkedTable, row: Readonly<Record<string, unknown>>): string =>
  ID_COLUMNS[table].map((column) => String(row[column])).join("/");
