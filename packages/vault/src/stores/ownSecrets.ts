import { VaultError } from "../errors.ts";
import { openSealedRow, saveSealedRow } from "../sealing/sealedRows.ts";
import type { StoreContext } from "./context.ts";
import type { OwnSecretStore } from "./types/secrets.ts";

const KIND = "own_secret";
const SECRET_BYTES = 32;

/** The keeper's identity, operator and nonce keys. */
export const createOwnSecretStore = ({ run, sealer, roll, secrets }: StoreContext): OwnSecretStore => ({
  save: (name, secret) =>
    run(async (db) => {
      assertSecretLength(secret);
      await saveSealedRow(db, { sealer, roll, secrets }, { kind: KIND, id: name }, secret);
    }),
  load: (name) => run((db) => openSealedRow(db, { sealer, secrets }, { kind: KIND, id: name })),
});

/** Secrets of the vault are 32 bytes. */
export const assertSecretLength = (secret: Uint8Array): void => {
  if (!(secret instanceof Uint8Array) || secret.length !== SECRET_BYTES) {
    throw new VaultError("VAULT_MISUSED", `A secret must have ${SECRET_BYTES} bytes.`);
  }
};
