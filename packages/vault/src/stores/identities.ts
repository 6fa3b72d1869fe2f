import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import { VaultError } from "../errors.ts";
import { publicKeyOf } from "../publicKey.ts";
import { listedIds } from "../sealing/rollEntries.ts";
import { eraseSealedRow, openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import type { StoreContext } from "./context.ts";
import { assertSecretLength } from "./ownSecrets.ts";
import type { IdentityStore } from "./types/secrets.ts";

const KIND = "own_secret";
/** The first identity is the one that the vault was made with; the others are `identity/2` and so on. */
const FIRST = "identity";
const nameOf = (number: number) => ({ kind: KIND, id: number === 1 ? FIRST : `${FIRST}/${number}` });
const numberOf = (id: string): number => (id === FIRST ? 1 : Number(id.slice(FIRST.length + 1)));

/** Identity keys: an epoch freezes the one that governance had registered when it was proposed, so a keeper may need several. PROTOCOL section 6.2. */
export const createIdentityStore = ({ run, sealer, roll, secrets, noteErased }: StoreContext): IdentityStore => {
  const numbers = async (db: Kysely<VaultSchema>): Promise<readonly number[]> => {
    const ids = (await listedIds(db, KIND)).filter((id) => id === FIRST || id.startsWith(`${FIRST}/`));
    return ids.map(numberOf).sort((a, b) => a - b);
  };
  const open = async (db: Kysely<VaultSchema>, number: number): Promise<Uint8Array> => {
    const secret = await openSealedRow(db, { sealer, secrets }, nameOf(number));
    if (secret === undefined)
      throw new VaultError("VAULT_TAMPERED", "An identity key is gone. Restore the vault from a backup.", { number });
    return secret;
  };
  /** Number and secret of an identity; the caller overwrites the secret. */
  const find = async (db: Kysely<VaultSchema>, publicKey: Uint8Array) => {
    for (const number of await numbers(db)) {
      const secret = await open(db, number);
      if (Buffer.compare(publicKeyOf(secret), publicKey) === 0) return { number, secret };
      secret.fill(0);
    }
    return undefined;
  };

  return {
    add: (secret) =>
      run(async (db) => {
        assertSecretLength(secret);
        const publicKey = publicKeyOf(secret);
        if (publicKey.length === 0) throw new VaultError("VAULT_MISUSED", "An identity key must be a private key of secp256k1.");
        const known = await find(db, publicKey);
        known?.secret.fill(0);
        if (known === undefined) await saveSealedRow(db, { sealer, roll, secrets }, nameOf(((await numbers(db)).at(-1) ?? 0) + 1), secret);
        return publicKey;
      }),
    list: () =>
      run(async (db) => {
        const keys: Uint8Array[] = [];
        for (const number of await numbers(db)) {
          const secret = await open(db, number);
          keys.push(publicKeyOf(secret));
          secret.fill(0);
        }
        return keys;
      }),
    load: (publicKey) => run(async (db) => (await find(db, publicKey))?.secret),
    erase: (publicKey) =>
      run(async (db) => {
        const found = await find(db, publicKey);
        found?.secret.fill(0);
        if (found !== undefined && (await eraseSealedRow(db, { sealer, roll, secrets }, nameOf(found.number)))) noteErased();
      }),
  };
};
