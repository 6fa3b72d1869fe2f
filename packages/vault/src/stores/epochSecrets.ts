import { eraseSealedRow, openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import type { StoreContext } from "./context.ts";
import { assertSecretLength } from "./ownSecrets.ts";
import type { EpochSecretStore } from "./types.ts";

const KIND = "epoch_secret";
const nameOf = (epoch: number) => ({ kind: KIND, id: String(epoch) });

/** Encryption secrets by epoch: PROTOCOL section 6.2. */
export const createEpochSecretStore = ({ run, sealer, noteErased }: StoreContext): EpochSecretStore => ({
  save: (epoch, secret) =>
    run(async (db) => {
      assertSecretLength(secret);
      await saveSealedRow(db, sealer, nameOf(epoch), secret);
    }),
  load: (epoch) => run((db) => openSealedRow(db, sealer, nameOf(epoch))),
  list: () =>
    run(async (db) => {
      const rows = await db.selectFrom("sealed").select("id").where("kind", "=", KIND).execute();
      return rows.map(({ id }) => Number(id)).sort((a, b) => a - b);
    }),
  erase: (epoch) =>
    run(async (db) => {
      if (await eraseSealedRow(db, sealer, nameOf(epoch))) noteErased();
    }),
});
