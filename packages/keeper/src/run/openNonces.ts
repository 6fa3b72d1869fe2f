import { createNonceSource, drawBytes, type NonceSource, type RandomSource } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { KeeperError } from "./errors.ts";

const BOOT_ID_BYTES = 16;

/**
 * Begins a life of this keeper: its one source of nonces, polynomials and keys (D59). The life is counted durably before the first bytes are drawn,
 * so that a random source that starts again with the process does not give the same ones again. PROTOCOL section 1.5.
 * Throws KeeperError VAULT_UNUSABLE where the vault has no nonce key.
 */
export const openNonces = async (vault: Pick<Vault, "secrets" | "boots" | "directory">, random: RandomSource): Promise<NonceSource> => {
  const key = await vault.secrets.load("nonce");
  if (key === undefined)
    throw new KeeperError("VAULT_UNUSABLE", `The vault in ${vault.directory} holds no nonce key. Restore a whole copy of it.`, {
      directory: vault.directory,
    });
  const count = await vault.boots.next();
  const nonces = createNonceSource({ key, boot: { id: drawBytes(random, BOOT_ID_BYTES), count }, random });
  key.fill(0);
  return nonces;
};
