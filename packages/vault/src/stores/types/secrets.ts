import type { KeyId } from "@keyquorum/wire";

/** identity: the first of `IdentityStore`. operator: the account's key. nonce: PROTOCOL section 5.2. All 32 bytes, secret. */
export type OwnSecretName = "identity" | "operator" | "nonce";

export type OwnSecretStore = {
  /** Saves once; the same bytes again are fine, others are VAULT_CONFLICT. */
  save(name: OwnSecretName, secret: Uint8Array): Promise<void>;
  load(name: OwnSecretName): Promise<Uint8Array | undefined>;
};

/** This keeper's identity keys, oldest first. Public keys: 33 bytes. Secrets: 32 bytes. D9: governance names another one for later epochs only. */
export type IdentityStore = {
  /** Adds a secret as the newest, and answers with its public key. One that is there already stays where it is. */
  add(secret: Uint8Array): Promise<Uint8Array>;
  /** Public keys. */
  list(): Promise<readonly Uint8Array[]>;
  load(publicKey: Uint8Array): Promise<Uint8Array | undefined>;
  /** Destroys the data key, deletes the row and compacts. */
  erase(publicKey: Uint8Array): Promise<void>;
};

/** Names the repair of one share. */
export type RepairKeyName = { readonly keyId: KeyId; readonly epoch: number };

/** Secrets x of repairs under way, one per share: 32 bytes. PROTOCOL section 3.10. */
export type RepairKeyStore = {
  /** Saves once; the same bytes again are fine, others are VAULT_CONFLICT. */
  save(name: RepairKeyName, secret: Uint8Array): Promise<void>;
  load(name: RepairKeyName): Promise<Uint8Array | undefined>;
  list(): Promise<readonly RepairKeyName[]>;
  /** Destroys the data key, deletes the row and compacts. */
  erase(name: RepairKeyName): Promise<void>;
};

/** Encryption secrets per epoch: 32 bytes, secret. PROTOCOL section 6.2, D7. */
export type EpochSecretStore = {
  /** Saves once; the same bytes again are fine, others are VAULT_CONFLICT. */
  save(epoch: number, secret: Uint8Array): Promise<void>;
  load(epoch: number): Promise<Uint8Array | undefined>;
  list(): Promise<readonly number[]>;
  /** Destroys the data key, deletes the row and compacts. */
  erase(epoch: number): Promise<void>;
};
