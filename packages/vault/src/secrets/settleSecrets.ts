import type { Kysely } from "kysely";
import type { Damage } from "../damage.ts";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { loadRoll, moveRoll } from "../sealing/roll.ts";
import type { SealedName } from "../sealing/rollEntries.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { verifySealedRows } from "../sealing/verifySealedRows.ts";
import type { SecretsFile } from "./secretsFile.ts";
import { NO_SECRETS, type SecretsPlace, type SecretsState } from "./secretsState.ts";

/** Where the two files stand when the vault is opened. */
export type Settled = { readonly damaged: readonly Damage[]; readonly state: SecretsState };

/**
 * Compares the two files, and finishes or takes back what was cut short between them: a secret that was written and that no record names is erased, and so is
 * one whose record is gone. Throws VAULT_TAMPERED where the one file is older than the other by more than that, be it one commit of any record, and what `verifySealedRows` throws; then
 * nothing is changed.
 */
export const settleSecrets = async (
  db: Kysely<VaultSchema>,
  { sealer, secrets }: { readonly sealer: Sealer; readonly secrets: SecretsFile },
): Promise<Settled> => {
  const { secrets: place = NO_SECRETS, version } = await loadRoll(db, sealer);
  const state = await secrets.state(sealer);
  const cutShort = cutBetween(place, state, version);
  const { damaged, leftOver } = await verifySealedRows(db, { sealer, secrets, cutShort });
  const now = { written: place.written, erased: place.erased, added: [], at: version };
  if (leftOver.length > 0 || state.added.length > 0 || state.written !== now.written || state.erased !== now.erased)
    secrets.change(sealer, { remove: leftOver, state: now, isErasure: leftOver.length > 0 });
  if (place.erasing.length > 0) await moveRoll(db, sealer, { secrets: { ...place, since: place.erased, erasing: [] } });
  return { damaged, state: now };
};

/** Names of secrets that the file may have and the vault has not. `version`: of the roll. Throws VAULT_TAMPERED where no crash leaves the files so. */
export const cutBetween = (place: SecretsPlace, state: SecretsState, version: number): readonly SealedName[] => {
  const isWriting = state.written === place.written + 1 && version >= (state.at ?? 0);
  const isErasing = place.erasing.length > 0;
  const [least, most] = [isErasing ? place.since : place.erased, place.erased];
  if ((state.written === place.written || isWriting) && state.erased >= least && state.erased <= most)
    return [...place.erasing, ...(isWriting ? state.added : [])];
  throw new VaultError(
    "VAULT_TAMPERED",
    "vault.sqlite and secrets.sqlite are of different times: one of them was rolled back. Restore both from one backup.",
    { records: { written: place.written, erased: place.erased }, secrets: { written: state.written, erased: state.erased } },
  );
};
