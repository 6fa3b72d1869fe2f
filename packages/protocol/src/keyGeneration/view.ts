/**
 * What the board says about a session of key generation, read at one pinned head block. Public.
 */
import type { Point } from "@keyquorum/threshold";
import type { Hash32 } from "@keyquorum/wire";
import type { OwnSessionMaterial, SessionSettings, SessionStatus, SessionView } from "../session/view.ts";

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
] as const satisfies readonly SessionStatus[];
export type KeyGenerationStatus = (typeof KEY_GENERATION_STATUSES)[number];

/** In the order of IKeyGeneration.Purpose. */
export const KEY_PURPOSES = ["Decrypt", "Schnorr", "Ecdsa", "Ibe"] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** `qual` is QUAL as the contract stored it; 0 before KeyFinalized. */
export type KeyGenerationView = SessionView & {
  readonly status: KeyGenerationStatus;
  readonly purpose: KeyPurpose;
  /** The block that the contract fixed for the shift, as it counts: a name, compared with no number of a node (D65). 0 before. */
  readonly shiftBlock: bigint;
  /** That block's hash as the contract has it (`shiftHashOf`). Undefined: not there yet, or, once it is time to finalize, gone. */
  readonly shiftBlockHash?: Hash32;
  /** Y, rho and S of KeyFinalized. */
  readonly unshifted?: Point;
  readonly shift?: bigint;
  readonly jointKey?: Point;
  /** KeyFinalized is in a final block. */
  readonly finalizedIsFinal: boolean;
};

export type OwnKeyMaterial = OwnSessionMaterial;
export type KeyGenerationSettings = SessionSettings;
