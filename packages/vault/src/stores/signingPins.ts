import type { Selectable } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { SigningPin, SigningPinStore } from "./types/signing.ts";

/** Written once for each key. One that was changed on the file serves nobody: whose it was, nobody can say. */
export const createSigningPinStore = ({ run, read, sealer, damage, clock }: StoreContext): SigningPinStore => {
  const isWhole = (row: Row): boolean => {
    if (isIntact(sealer, "signing_pin", row)) return true;
    damage.note({ table: "signing_pin", id: row.key_id });
    return false;
  };
  return {
    pin: (pin) =>
      run(async (db) => {
        const stored = await db.selectFrom("signing_pin").selectAll().where("key_id", "=", pin.keyId).executeTakeFirst();
        if (stored !== undefined && isWhole(stored)) return pinOf(stored);
        if (stored !== undefined)
          throw new VaultError("VAULT_TAMPERED", "The record of whose signing requests a key is served for is damaged. Restore a backup.", {
            table: "signing_pin",
            id: pin.keyId,
          });
        const row = { key_id: pin.keyId, chain_id: pin.chainId.toString(), signing_requests: pin.signingRequests };
        await db
          .insertInto("signing_pin")
          .values(withMark(sealer, "signing_pin", { ...row, created_at: clock() }))
          .execute();
        return pin;
      }),
    list: () => read(async (db) => (await db.selectFrom("signing_pin").selectAll().orderBy("key_id").execute()).filter(isWhole).map(pinOf)),
  };
};

type Row = Selectable<VaultSchema["signing_pin"]>;

// What was an id when it was saved is one.
const pinOf = ({ key_id, chain_id, signing_requests }: Row): SigningPin => ({
  keyId: key_id as SigningPin["keyId"],
  chainId: BigInt(chain_id),
  signingRequests: signing_requests as SigningPin["signingRequests"],
});
