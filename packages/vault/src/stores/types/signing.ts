import type { Address, BootId, Hash32, KeyId } from "@keyquorum/wire";

/** A share of a Schnorr signature as it left, by the nonce that it used up. Public. */
export type SigningShare = {
  readonly nonceId: Hash32;
  readonly requestId: Hash32;
  readonly attempt: Hash32;
  /** Of the nonce commitments that it is for. */
  readonly packageHash: Hash32;
  /** 32 bytes. */
  readonly share: Uint8Array;
};

/** A share of an ECDSA signature as it left, by its session. Public. */
export type EcdsaRelease = { readonly session: Hash32; readonly requestId: Hash32; readonly digest: Hash32; readonly share: Uint8Array };

/**
 * Shares of signatures, durable before they leave (D71): the same question gets the same bytes, another one under that nonce or session gets nothing.
 * Never the nonces.
 */
export type SigningShareStore = {
  /**
   * Saves a share, once for each nonce; answers with what is stored. Throws VAULT_CONFLICT where the nonce was used for something else, VAULT_TAMPERED where
   * what it was used for is damaged.
   */
  save(share: SigningShare): Promise<SigningShare>;
  find(nonceId: Hash32): Promise<SigningShare | undefined>;
  /** The same for each session. */
  release(release: EcdsaRelease): Promise<EcdsaRelease>;
  findRelease(session: Hash32): Promise<EcdsaRelease | undefined>;
  /** Deletes those from before a time, in ms; answers with how many. Nonces live seconds: nobody can be asked for these again. */
  prune(before: number): Promise<number>;
};

/** What a keeper signed that shows that it did not do its part. Public: `evidence` convinces anybody. */
export type SigningEvidence = {
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly slot: number;
  readonly requestId: Hash32;
  /** What it did: a stable word. */
  readonly reason: string;
  /** The signed messages, as JSON. */
  readonly evidence: string;
};
export type StoredEvidence = SigningEvidence & { readonly at: number };

/** Bounded by member of an epoch and in all, so that nobody fills a disk with what it did wrong. */
export type SigningEvidenceStore = {
  /** False: it is known, or there is enough of that member. Throws VAULT_VALUE_REFUSED where it is too long. */
  add(evidence: SigningEvidence): Promise<boolean>;
  /** The oldest first. */
  list(filter?: { readonly epoch?: number; readonly slot?: number }): Promise<readonly StoredEvidence[]>;
  prune(before: number): Promise<number>;
};

/** The newest life of each member of an epoch that was seen, by messages that it signed. */
export type PeerBootStore = {
  /** Notes a life, and answers with the newest: that one, unless it is older than what was seen, or a copy of it. */
  see(seen: { readonly epoch: number; readonly slot: number; readonly boot: BootId }): Promise<BootId>;
  /** Forgets all of other epochs; answers with how many. */
  keepOnly(epochs: readonly number[]): Promise<number>;
};

/** Whose signing requests a key is served for. */
export type SigningPin = { readonly keyId: KeyId; readonly chainId: bigint; readonly signingRequests: Address };

export type SigningPinStore = {
  /** Saves whose requests a key is first served for, and answers with what is stored: the first. Throws VAULT_TAMPERED where that is damaged. */
  pin(pin: SigningPin): Promise<SigningPin>;
  list(): Promise<readonly SigningPin[]>;
};
