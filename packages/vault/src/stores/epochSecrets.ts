import { listedIds } from "../sealing/rollEntries.ts";
import { eraseSealedRow, openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import { noteWhenDamaged, type StoreContext } from "./context.ts";
import { assertSecretLength } from "./ownSecrets.ts";
import type { EpochSecretStore } from "./types/secrets.ts";

const KIND = "epoch_secret";
const nameOf = (epoch: number) => ({ kind: KIND, id: String(epoch) });

/** Encryption secrets by epoch: PROTOCOL section 6.2. */
export const createEpochSecretStore = ({ run, sealer, roll, secrets, damage, noteErased }: StoreContext): EpochSecretStore => ({
  save: (epoch, secret) =>
    run(async (db) => {
      assertSecretLength(secret);
      await saveSealedRow(db, { sealer, roll, secrets }, nameOf(epoch), secret);
    }),
  load: (epoch) => run((db) => openSealedRow(db, { sealer, secrets }, nameOf(epoch)).catch(noteWhenDamaged(damage))),
  list: () =>
    run(async (db) => {
      return (await listedIds(db, KIND)).map(Number).sort((a, b) => a - b);
    }),
  erase: (epoch) =>
    run(async (db) => {
      damage.forget({ table: "sealed", ...nameOf(epoch) });
      if (await eraseSealedRow(db, { sealer, roll, secrets }, nameOf(epoch))) noteErased();
    }),
});
