import type { Kysely } from "kysely";
import type { VaultSchema } from "./database/schema.ts";
import { VaultError } from "./errors.ts";
import type { KeyDerivation, KeyEncryptionKey } from "./keyEncryptionKey.ts";
import type { VaultPin } from "./pin.ts";
import { openAnchor, saveAnchor } from "./sealing/anchorRows.ts";
import { createRollBook, EMPTY_ROLL, saveRoll } from "./sealing/roll.ts";
import { createSealer, type Sealer } from "./sealing/sealer.ts";
import { decodeStored, encodeStored } from "./storedJson.ts";

type SealerOptions = {
  readonly keyEncryptionKey: KeyEncryptionKey;
  readonly pin: VaultPin;
  readonly random: (length: number) => Uint8Array;
};

const SALT_BYTES = 32;
/** A sealed record of known content: it opens only under the right key. */
const CHECK = { kind: "check", id: "key" };
const CHECK_CONTENT = Buffer.from("keyquorum/v1/at-rest/check", "utf8");

/** Fixes how the key-encryption key is derived, and seals the check record and the empty roll under it. */
export const saveSealer = async (db: Kysely<VaultSchema>, { keyEncryptionKey, pin, random }: SealerOptions): Promise<Sealer> => {
  const derivation = keyEncryptionKey.newDerivation(random(SALT_BYTES));
  await db
    .insertInto("key_derivation")
    .values({ id: 1, derivation: encodeStored(derivation) })
    .execute();
  const sealer = createSealer({ keyEncryptionKey: await keyEncryptionKey.derive(derivation), pin, random });
  await saveRoll(db, sealer, { ...EMPTY_ROLL, version: 1 });
  const roll = createRollBook(sealer);
  await saveAnchor(db, { sealer, roll }, CHECK, CHECK_CONTENT);
  await roll.seal(db);
  return sealer;
};

/** Derives the key-encryption key and tries it on the check record. Throws VAULT_WRONG_KEY. */
export const loadSealer = async (db: Kysely<VaultSchema>, { keyEncryptionKey, pin, random }: SealerOptions): Promise<Sealer> => {
  const row = await db.selectFrom("key_derivation").select("derivation").executeTakeFirst();
  if (row === undefined) throw new VaultError("VAULT_TAMPERED", "The vault does not say how its key is made. Restore it from a backup.");
  const key = await keyEncryptionKey.derive(decodeStored<KeyDerivation>(row.derivation));
  const sealer = createSealer({ keyEncryptionKey: key, pin, random });
  const content = await openAnchor(db, sealer, CHECK).catch((cause: unknown) => {
    throw new VaultError(
      "VAULT_WRONG_KEY",
      "The passphrase or key file does not open this vault. Use the one it was made with.",
      {},
      { cause },
    );
  });
  if (content === undefined || Buffer.compare(content, CHECK_CONTENT) !== 0) {
    throw new VaultError("VAULT_TAMPERED", "The vault's check record is gone or changed. Restore the vault from a backup.");
  }
  return sealer;
};
