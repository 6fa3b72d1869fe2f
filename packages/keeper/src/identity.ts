import { encodePoint, nobleBackend, type Point, SecretScalar } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Address, bytesToHex, type Hash32, hexToBytes } from "@keyquorum/wire";
import { SigningKey } from "ethers";
import type { ContractsAt } from "./contracts/chainReader.ts";
import { KeeperError } from "./errors.ts";

/** This keeper's identity key: signs receipts. Apart from the operator's account (D45). */
export type KeeperIdentity = {
  readonly publicKey: Point;
  /** 65 bytes: r, s, v; low s. */
  readonly sign: (digest: Hash32) => Uint8Array;
  /** The secret of PROTOCOL section 5.2 from which nonces are derived: 32 bytes. */
  readonly nonceKey: Uint8Array;
};

/** Takes the identity out of the vault. Throws KeeperError VAULT_UNUSABLE when it is not there. */
export const loadIdentity = async (vault: Pick<Vault, "secrets" | "directory">): Promise<KeeperIdentity> => {
  const [secret, nonceKey] = await Promise.all([vault.secrets.load("identity"), vault.secrets.load("nonce")]);
  if (secret === undefined || nonceKey === undefined)
    throw new KeeperError("VAULT_UNUSABLE", `The vault in ${vault.directory} holds no identity key. Restore a whole copy of it.`, {
      directory: vault.directory,
    });
  const key = new SigningKey(secret);
  const publicKey = nobleBackend.mulG(SecretScalar.fromBytes(secret).reveal());
  secret.fill(0);
  return { publicKey, nonceKey, sign: (digest) => hexToBytes(key.sign(digest).serialized, 65) };
};

/**
 * This keeper's slot in the registry, or 0 while it has none.
 * Throws KeeperError KEEPER_FOREIGN_DATA when the slot was registered with another identity key: this data directory is not that keeper's.
 */
export const requireOwnSlot = async (
  at: Pick<ContractsAt, "slotOf" | "keeperAt">,
  operator: Address,
  identityKey: Point,
): Promise<number> => {
  const slot = await at.slotOf(operator);
  if (slot === 0) return 0;
  const registered = await at.keeperAt(slot);
  if (registered === undefined || registered.identityKey.equals(identityKey)) return registered?.removed === true ? 0 : slot;
  throw new KeeperError(
    "KEEPER_FOREIGN_DATA",
    `The registry knows the keeper at slot ${slot} (operator ${operator}) by another identity key than this data directory holds. Mount or restore that keeper's own data; a new directory would lose its shares.`,
    { slot, operator, registered: bytesToHex(encodePoint(registered.identityKey)), found: bytesToHex(encodePoint(identityKey)) },
  );
};
