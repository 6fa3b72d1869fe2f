/**
 * What the board says about a reshare, read at one pinned head block, and what a keeper has for it. PROTOCOL section 3.9.
 */
import type { Point, SecretScalar } from "@keyquorum/threshold";
import type { Hash32 } from "@keyquorum/wire";
import type { OwnSessionMaterial, SessionSettings, SessionStatus, SessionView } from "../session/view.ts";

/** In the order of IKeyResharing.ReshareStatus. */
export const RESHARE_STATUSES = [
  "Unknown",
  "Dealing",
  "Disputing",
  "AwaitingReady",
  "Active",
  "Overdue",
  "Failed",
] as const satisfies readonly SessionStatus[];
export type ReshareStatus = (typeof RESHARE_STATUSES)[number];

/** An old member and, where this keeper knows it, S_i of the old epoch: what the contract has compared with C_0. */
export type ReshareDealer = { readonly slot: number; readonly verifyingShare?: Point };

/** `epoch`, `threshold` (t') and `members` are those of the new epoch. `qual` is Q; 0 until it is fixed. */
export type ReshareView = SessionView & {
  readonly status: ReshareStatus;
  readonly fromEpoch: number;
  /** q = t+1 of the old epoch: how many dealers Q has. */
  readonly quorum: number;
  /** S, which stays. */
  readonly jointKey: Point;
  /** The old members, by ascending slot. */
  readonly dealers: readonly ReshareDealer[];
  /** Old members that deal nothing any more, at the pinned head or at the final block: removed, or with an account of `fromEpoch` that was revoked as stolen. */
  readonly absentDealers: readonly number[];
  /** `qual` is Q at a final block too. */
  readonly qualIsFinal: boolean;
};

/** `encryptionSecret`, `storedShares`: of the new epoch. `slot` is the same in both epochs. */
export type OwnReshareMaterial = OwnSessionMaterial & {
  /** s_i of the old epoch, secret; undefined where this keeper has none. */
  readonly oldShare?: SecretScalar;
  /** From S_i to the verifying root of the old epoch. */
  readonly oldPath?: readonly Hash32[];
  /** Whether this keeper's operator lets it deal into the new epoch (attack 50). Read again before each step. */
  readonly consent: "given" | "withheld";
};

export type ReshareSettings = SessionSettings;
