/**
 * The latest changes of the file of secrets. The sealed roll records the same for the file of records. The two files have no common transaction, so at the
 * start the two are compared, and an interrupted change is completed or undone: `settleSecrets`.
 *
 * A secret is written first: `written` is incremented, `added` has its name, and `at` the version of the roll at that time. Then the record that names it is
 * written, and the roll with that number. Every commit of a record increments the roll's version: if the version is less than `at`, the records are older
 * than the secret's write, which no crash can cause. An erased secret is deleted from the records first, with its name in the roll and the roll's
 * `erased` incremented; then from this file.
 */
import { VaultError } from "../errors.ts";
import { markOver, type StoredRow } from "../sealing/marks.ts";
import type { SealedName } from "../sealing/rollEntries.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { decodeStored, encodeStored } from "../storedJson.ts";

/**
 * `written`, `erased`: which change of each kind was the last. `added`: names of what the last one wrote, until a start has found the records that name them.
 * `at`: version of the records' roll when it was written; undefined: not known. Public.
 */
export type SecretsState = {
  readonly written: number;
  readonly erased: number;
  readonly added: readonly SealedName[];
  readonly at?: number | undefined;
};

/** What the sealed roll has of the file of secrets. `erasing`: what may be there still and is to be erased, by changes after `since`. */
export type SecretsPlace = {
  readonly written: number;
  readonly erased: number;
  readonly since: number;
  readonly erasing: readonly SealedName[];
};

export const NO_SECRETS: SecretsPlace = { written: 0, erased: 0, since: 0, erasing: [] };

type Marking = Pick<Sealer, "rollKey">;

export const encodeState = (sealer: Marking, state: SecretsState): { readonly state: string; readonly mark: Uint8Array } => {
  const text = encodeStored(state);
  return { state: text, mark: markOf(sealer, text) };
};

/** Throws VAULT_TAMPERED where the row is not what was written, or gone. */
export const decodeState = (sealer: Marking, row: StoredRow | undefined): SecretsState => {
  if (row !== undefined && row.mark instanceof Uint8Array && Buffer.compare(row.mark, markOf(sealer, row.state)) === 0)
    return decodeStored<SecretsState>(String(row.state));
  throw new VaultError(
    "VAULT_TAMPERED",
    "The vault's file of secrets does not say what was written last: it was changed, replaced or emptied. Restore both files from one backup.",
  );
};

/** What it says, whoever wrote it; undefined: nothing that can be read. */
export const readState = (state: unknown): Partial<SecretsState> | undefined => {
  try {
    return decodeStored<Partial<SecretsState> | null>(String(state)) ?? undefined;
  } catch {
    return undefined;
  }
};

const markOf = (sealer: Marking, state: unknown): Uint8Array => markOver(sealer, "secrets_state", ["state"], { state });
