/**
 * What a session of key generation and one of resharing have in common: dealers deal to members, members complain, confirm, and get a share.
 */
import type { DkgMember, NonceSource, Point, SecretScalar } from "@keyquorum/threshold";
import type { Address, Hash32, KeyId, SessionId } from "@keyquorum/wire";

/** A recipient: it is to hold a share. */
export type KeyGenerationMember = DkgMember & { readonly operator: Address };

/** Of either kind of session, in the order of its way. */
export type SessionStatus =
  | "Unknown"
  | "Dealing"
  | "Disputing"
  | "AwaitingShift"
  | "Finalizing"
  | "AwaitingReady"
  | "Active"
  | "Overdue"
  | "Failed";

/** What the board says about a session, read at one pinned head block. Public. */
export type SessionView = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  /** The epoch of the shares that the session gives. */
  readonly epoch: number;
  /** t of that epoch: t keepers together learn nothing, t+1 are needed. */
  readonly threshold: number;
  /** Of that epoch, by ascending slot. */
  readonly members: readonly KeyGenerationMember[];
  /** Keepers that are removed at the pinned head or at the final block: one block's statement suffices, either may be a lie (D56). */
  readonly removedSlots: readonly number[];
  /** Members of `epoch` that take no part in it any more at one of the two: removed, or with an account that was revoked as stolen. */
  readonly absentSlots: readonly number[];
  readonly status: SessionStatus;
  /** The pinned head, as this keeper's RPC counts. */
  readonly headNumber: number;
  /** First head at which this keeper saw `status`, as its RPC counts: see trackStatus. Staged work is counted from here. */
  readonly statusSince: number;
  readonly dealtSlots: readonly number[];
  readonly disqualifiedSlots: readonly number[];
  readonly readySlots: readonly number[];
  /** The dealers whose dealings count, as the contract fixed them; 0 before. */
  readonly qual: bigint;
  /** Dealings mirrored from the board's logs, by dealer: a node's statement, believed only where `dealHashes` has the same. */
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  /** What the board itself stores of each dealing at the pinned head, by dealer: `dealHashOf` of the contract. */
  readonly dealHashes: ReadonlyMap<number, Hash32>;
  /** Both hashes that 2t+1 members confirmed, once active. */
  readonly result?: { readonly commitmentsHash: Hash32; readonly verifyingRoot: Hash32 };
  /** `status` is Active or Failed at a final block too. */
  readonly sessionIsFinal: boolean;
};

/** A view in which the dealers that count are fixed, and with them the key. */
export type FixedView = SessionView & { readonly jointKey: Point };

/** A share this keeper has stored for the session. Public part of the vault's record. */
export type StoredShareSummary = {
  readonly digest: Hash32;
  readonly qual: bigint;
  /** 33 bytes. */
  readonly jointKey: Uint8Array;
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
  readonly dealingsHash: Hash32;
};

/**
 * Verdicts on dealings by `slot:dealHash`: malformed and unproved ones are disbelieved, proved ones not opened yet. A cache: dropping it costs time and
 * changes nothing.
 */
export type DealingVerdicts = Map<string, "malformed" | "unproved" | "proved" | "valid" | "invalid">;

/** What this keeper has. `encryptionSecret`: of the session's epoch, secret; undefined once erased. */
export type OwnSessionMaterial = {
  readonly slot: number;
  readonly encryptionSecret: SecretScalar | undefined;
  readonly storedDealing?: Uint8Array;
  /** All shares stored for this session. */
  readonly storedShares: readonly StoredShareSummary[];
  readonly verdicts: DealingVerdicts;
};

export type SessionSettings = {
  readonly nonces: NonceSource;
  /** Blocks between ranks for work that one keeper suffices for (D21). */
  readonly rankStep: number;
};

/** Since which head a status has been seen. A restarted keeper starts again at its head: staged work is then late, never wrong. */
export type StatusTrack = { readonly status: SessionStatus; readonly since: number };
export const trackStatus = (previous: StatusTrack | undefined, status: SessionStatus, headNumber: number): StatusTrack =>
  previous?.status === status && previous.since <= headNumber ? previous : { status, since: headNumber };
