import { backend, encodePoint, type Point, parsePoint, SecretScalar, ThresholdError } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { bytesToHex, type Hash32, type Hex, hexToBytes, signDigest } from "@keyquorum/wire";
import { KeeperError } from "../run/errors.ts";

/** 65 bytes: r, s, v; low s. */
export type Sign = (digest: Hash32) => Uint8Array;

/**
 * This keeper's identity keys: they sign receipts and messages to other keepers, apart from the operator's account (D45). Which one signs is not this
 * keeper's choice: every epoch froze the one that was registered when it was proposed (D9).
 */
export type KeeperIdentities = {
  /** Public keys, oldest first; at least one. */
  readonly all: () => readonly Point[];
  readonly holds: (key: Point) => boolean;
  /** Signs by one of them; undefined: this keeper does not hold it. */
  readonly signerOf: (key: Point) => Sign | undefined;
  /** Erases one for good. The newest stays: governance may be about to register it. */
  readonly erase: (key: Point) => Promise<void>;
  /** The secret of PROTOCOL section 5.2 from which nonces are derived: 32 bytes. */
  readonly nonceKey: Uint8Array;
};

/** As governance registers it: compressed, 33 bytes. */
export const identityText = (key: Point): Hex => bytesToHex(encodePoint(key));

/** Takes the identities out of the vault. Throws KeeperError VAULT_UNUSABLE when there is none. */
export const loadIdentities = async (vault: Pick<Vault, "secrets" | "identities" | "directory">): Promise<KeeperIdentities> => {
  const [publicKeys, nonceKey] = await Promise.all([vault.identities.list(), vault.secrets.load("nonce")]);
  if (publicKeys.length === 0 || nonceKey === undefined)
    throw new KeeperError("VAULT_UNUSABLE", `The vault in ${vault.directory} holds no identity key. Restore an intact copy of it.`, {
      directory: vault.directory,
    });
  const held = new Map<Hex, { readonly key: Point; readonly secret: Uint8Array }>();
  for (const publicKey of publicKeys) {
    const secret = await vault.identities.load(publicKey);
    if (secret === undefined) continue;
    held.set(bytesToHex(publicKey), { key: parsePoint(publicKey), secret });
  }
  const all = (): readonly Point[] => [...held.values()].map(({ key }) => key);
  return {
    all,
    holds: (key) => held.has(identityText(key)),
    signerOf: (key) => {
      const secret = held.get(identityText(key))?.secret;
      return secret === undefined ? undefined : (digest) => signChecked(digest, secret, key);
    },
    erase: async (key) => {
      if (all().at(-1)?.equals(key) !== false) return;
      await vault.identities.erase(encodePoint(key));
      held.get(identityText(key))?.secret.fill(0);
      held.delete(identityText(key));
    },
    nonceKey,
  };
};

/**
 * A signature that was checked before anybody sees it: one that a fault of the machine made wrong, beside the right one of the same digest, gives the key
 * away. Throws ThresholdError BACKEND_FAILED for such a one.
 */
const signChecked = (digest: Hash32, secret: Uint8Array, key: Point): Uint8Array => {
  const signature = signDigest(digest, secret);
  if (backend.recover(hexToBytes(digest, 32), signature)?.equals(key) === true) return signature;
  signature.fill(0);
  throw new ThresholdError(
    "BACKEND_FAILED",
    "A signature came out wrong: this machine computes wrongly; stop the keeper and check the machine.",
  );
};

/** The public key of an identity's secret: 32 bytes. */
export const identityKeyOf = (secret: Uint8Array): Point => {
  const scalar = SecretScalar.fromBytes(secret);
  try {
    return backend.mulG(scalar.reveal());
  } finally {
    scalar.erase();
  }
};
