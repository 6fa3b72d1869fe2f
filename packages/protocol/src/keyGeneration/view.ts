/**
 * What the board says about a session, read at one pinned head block. Public.
 */
import type { DkgMember, Point, RandomSource, SecretScalar } from "@keyquorum/threshold";
import type { Address, Hash32, KeyId, SessionId } from "@keyquorum/wire";

/** In the order of IKeyGeneration.SessionStatus. */
export const KEY_GENERATION_STATUSES = [
  "Unknown",
  "Dealing",
  "Disputing",
  "AwaitingShift",
  "Finalizing",
  "AwaitingReady",
  "Active",
  "Overdue",
  "Failed",
] as const;
export type KeyGenerationStatus = (typeof KEY_GENERATION_STATUSES)[number];

/** In the order of IKeyGeneration.Purpose. */
export const KEY_PURPOSES = ["Decrypt", "Schnorr", "Ecdsa", "Ibe"] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

export type KeyGenerationMember = DkgMember & { readonly operator: Address };

export type KeyGenerationView = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly purpose: KeyPurpose;
  /** t: t keepers together learn nothing, t+1 are needed. */
  readonly threshold: number;
  /** By ascending slot. */
  readonly members: readonly KeyGenerationMember[];
  readonly status: KeyGenerationStatus;
  /** Last block of the phase as the contract counts; 0 when no block ends it. For display: steps follow `status` only (D14). */
  readonly phaseEnd: number;
  /** The pinned head, as this keeper's RPC counts. */
  readonly headNumber: number;
  /** First head at which this keeper saw `status`, as its RPC counts: see trackStatus. Staged work is counted from here. */
  readonly statusSince: number;
  readonly dealtSlots: readonly number[];
  readonly disqualifiedSlots: readonly number[];
  readonly readySlots: readonly number[];
  /** QUAL as the contract stored it; 0 before KeyFinalized. */
  readonly qual: bigint;
  /** Dealings mirrored from `Dealt`, by dealer. */
  readonly dealings: ReadonlyMap<number, Uint8Array>;
  /** Hash of the block that the contract fixed for the shift (session.shiftBlock), once there. */
  readonly shiftBlockHash?: Hash32;
  /** Y, rho and S of KeyFinalized. */
  readonly unshifted?: Point;
  readonly shift?: bigint;
  readonly jointKey?: Point;
  /** Both hashes of KeyReady, once active. */
  readonly result?: { readonly commitmentsHash: Hash32; readonly verifyingRoot: Hash32 };
  /** KeyFinalized is in a final block. */
  readonly finalizedIsFinal: boolean;
  /** `status` is Active or Failed at a final block too. */
  readonly sessionIsFinal: boolean;
};

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

/** Verdicts on dealings by `slot:dealHash`. A cache: dropping it costs time and changes nothing. */
export type DealingVerdicts = Map<string, "valid" | "invalid" | "malformed">;

/** What this keeper has. `encryptionSecret`: of this epoch, secret; undefined once erased. */
export type OwnKeyMaterial = {
  readonly slot: number;
  readonly encryptionSecret: SecretScalar | undefined;
  readonly storedDealing?: Uint8Array;
  /** All shares stored for this session. */
  readonly storedShares: readonly StoredShareSummary[];
  readonly verdicts: DealingVerdicts;
};

export type KeyGenerationSettings = {
  readonly random: RandomSource;
  /** Blocks between ranks for work that one keeper suffices for (D21). */
  readonly rankStep: number;
};

/** Since which head a status has been seen. A restarted keeper starts again at its head: staged work is then late, never wrong. */
export type StatusTrack = { readonly status: KeyGenerationStatus; readonly since: number };
export const trackStatus = (previous: StatusTrack | undefined, status: KeyGenerationStatus, headNumber: number): StatusTrack =>
  previous?.status === status && previous.since <= headNumber ? previous : { status, since: headNumber };
