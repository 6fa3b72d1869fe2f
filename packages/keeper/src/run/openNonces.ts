import { createNonceSource, drawBytes, type NonceSource, type RandomSource } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type BootId, bootIdOf } from "@keyquorum/wire";
import { KeeperError } from "./errors.ts";

const BOOT_ID_BYTES = 16;

/** A life of this keeper: its nonces, and how messages to other keepers name it. `boot` is public. */
export type Life = { readonly nonces: NonceSource; readonly boot: BootId };

/**
 * Begins a life of this keeper: its one source of nonces, polynomials and keys (D59). The life is counted durably before the first bytes are drawn,
 * so that a random source that starts again with the process does not give the same ones again. PROTOCOL section 1.5.
 * Throws KeeperError VAULT_UNUSABLE where the vault has no nonce key.
 */
export const beginLife = async (
  vault: Pick<Vault, "secrets" | "directory"> & { readonly boots: Pick<Vault["boots"], "next"> },
  random: RandomSource,
): Promise<Life> => {
  const key = await vault.secrets.load("nonce");
  if (key === undefined)
    throw new KeeperError("VAULT_UNUSABLE", `The vault in ${vault.directory} holds no nonce key. Restore a whole copy of it.`, {
      directory: vault.directory,
    });
  const count = await vault.boots.next();
  const boot = { id: drawBytes(random, BOOT_ID_BYTES), count };
  const nonces = createNonceSource({ key, boot, random });
  key.fill(0);
  return { nonces, boot: bootIdOf(boot) };
};

/** The same, for whom the nonces are enough. */
export const openNonces = async (...life: Parameters<typeof beginLife>): Promise<NonceSource> => (await beginLife(...life)).nonces;
