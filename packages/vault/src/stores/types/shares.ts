import type { Hash32, KeyId, SessionId } from "@keyquorum/wire";

/** Own dealings, public bytes. Durable before they are sent, so that a restart sends the same bytes. */
export type DealingStore = {
  /** Saves the first dealing of a session and answers with the stored one: whoever comes second gets the first. */
  save(sid: SessionId, dealing: Uint8Array): Promise<Uint8Array>;
  load(sid: SessionId): Promise<Uint8Array | undefined>;
};

/** Names one share: the same key and epoch can have several until KeyFinalized is final (D18). */
export type KeyShareId = { readonly keyId: KeyId; readonly epoch: number; readonly digest: Hash32 };

/** What is known about a stored share without opening it. Public. */
export type KeyShareInfo = KeyShareId & {
  readonly sid: SessionId;
  readonly slot: number;
  readonly state: "pending" | "active";
  /** Bitmap of QUAL. */
  readonly qual: bigint;
  /** 33 bytes each. */
  readonly jointKey: Uint8Array;
  readonly verifyingShare: Uint8Array;
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
  /** Merkle path of the verifying share. */
  readonly path: readonly Hash32[];
  /** keccak over the dealings the share was made of. */
  readonly dealingsHash: Hash32;
};

/** A share with everything that an answer needs. `share`: 32 bytes, secret. */
export type KeyShareRecord = Omit<KeyShareInfo, "state"> & { readonly share: Uint8Array };

export type KeyShareStore = {
  /** Saves as pending. The same record again is fine, another under this id is VAULT_CONFLICT. */
  save(record: KeyShareRecord): Promise<void>;
  /** Marks a share as the one in use. Once per (key, epoch); another digest later is VAULT_CONFLICT. */
  activate(id: KeyShareId): Promise<void>;
  /**
   * Opens a share. `expected` is the verifying share (33 bytes) that the chain's commitments give this slot; the share must be its
   * discrete logarithm. Throws VAULT_SHARE_MISMATCH. Undefined when there is none.
   */
  load(id: KeyShareId, expected: { readonly verifyingShare: Uint8Array }): Promise<KeyShareRecord | undefined>;
  list(filter?: {
    readonly keyId?: KeyId;
    readonly epoch?: number;
    readonly sid?: SessionId;
    readonly state?: "pending" | "active";
  }): Promise<readonly KeyShareInfo[]>;
  /** Counts a share as damaged, until it is replaced or the vault is opened again: its records are intact, and it is not what the chain knows. */
  distrust(id: KeyShareId): Promise<void>;
  /** Names of all shares that were saved and not erased, damaged ones among them. `list` has those only whose records are intact. */
  stored(): Promise<readonly KeyShareId[]>;
  /** Destroys the data key, deletes the row and compacts. Of a damaged one, too. */
  erase(id: KeyShareId): Promise<void>;
  /**
   * Makes room for a share: what is damaged of its key in its epoch is erased, and what is left of an earlier one of its name. An intact share of another
   * name stays, as pending: it may be the right one of a chain that comes back, and nobody else has it.
   */
  makeRoomFor(id: KeyShareId): Promise<void>;
  /** Erases every share of a key in an epoch, and what is left of damaged ones. */
  eraseAll(of: { readonly keyId: KeyId; readonly epoch: number }): Promise<void>;
};
