import { parseKeyId } from "@keyquorum/wire";
import { listedIds } from "../sealing/rollEntries.ts";
import { eraseSealedRow, openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import { noteWhenDamaged, type StoreContext } from "./context.ts";
import { assertSecretLength } from "./ownSecrets.ts";
import type { RepairKeyName, RepairKeyStore } from "./types/secrets.ts";

const KIND = "repair_key";
const nameOf = ({ keyId, epoch }: RepairKeyName) => ({ kind: KIND, id: `${keyId}/${epoch}` });

/** Secrets of repairs under way: what the helpers send is encrypted to them. PROTOCOL section 3.10. */
export const createRepairKeyStore = ({ run, sealer, roll, secrets, damage, noteErased }: StoreContext): RepairKeyStore => ({
  save: (name, secret) =>
    run(async (db) => {
      assertSecretLength(secret);
      await saveSealedRow(db, { sealer, roll, secrets }, nameOf(name), secret);
    }),
  load: (name) => run((db) => openSealedRow(db, { sealer, secrets }, nameOf(name)).catch(noteWhenDamaged(damage))),
  list: () =>
    run(async (db) => {
      return (await listedIds(db, KIND)).map((id) => {
        const [keyId, epoch] = id.split("/");
        return { keyId: parseKeyId(keyId), epoch: Number(epoch) };
      });
    }),
  erase: (name) =>
    run(async (db) => {
      damage.forget({ table: "sealed", ...nameOf(name) });
      if (await eraseSealedRow(db, { sealer, roll, secrets }, nameOf(name))) noteErased();
    }),
});
