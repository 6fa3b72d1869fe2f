import { parseKeyId } from "@keyquorum/wire";
import { eraseSealedRow, openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import type { StoreContext } from "./context.ts";
import { assertSecretLength } from "./ownSecrets.ts";
import type { RepairKeyName, RepairKeyStore } from "./types.ts";

const KIND = "repair_key";
const nameOf = ({ keyId, epoch }: RepairKeyName) => ({ kind: KIND, id: `${keyId}/${epoch}` });

/** Secrets of repairs under way: what the helpers send is encrypted to them. PROTOCOL section 3.10. */
export const createRepairKeyStore = ({ run, sealer, noteErased }: StoreContext): RepairKeyStore => ({
  save: (name, secret) =>
    run(async (db) => {
      assertSecretLength(secret);
      await saveSealedRow(db, sealer, nameOf(name), secret);
    }),
  load: (name) => run((db) => openSealedRow(db, sealer, nameOf(name))),
  list: () =>
    run(async (db) => {
      const rows = await db.selectFrom("sealed").select("id").where("kind", "=", KIND).orderBy("id").execute();
      return rows.map(({ id }) => {
        const [keyId, epoch] = id.split("/");
        return { keyId: parseKeyId(keyId), epoch: Number(epoch) };
      });
    }),
  erase: (name) =>
    run(async (db) => {
      if (await eraseSealedRow(db, sealer, nameOf(name))) noteErased();
    }),
});
