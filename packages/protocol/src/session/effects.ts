/**
 * What a keeper has to do next in a session of either kind. Effects with an id that was handled are handled again without harm: ids are
 * deterministic.
 */
import type { DleqHints, DleqProof, Point, SecretScalar } from "@keyquorum/threshold";
import type { Hash32, KeyId, SessionId } from "@keyquorum/wire";

/** Store, then ask for the next steps again: only then is it sent. */
export type SaveDealing = { readonly kind: "saveDealing"; readonly id: string; readonly sid: SessionId; readonly dealing: Uint8Array };
export type Complain = {
  readonly kind: "complain";
  readonly id: string;
  readonly sid: SessionId;
  readonly dealer: number;
  readonly recipient: number;
  readonly dealing: Uint8Array;
  readonly shared: Point;
  readonly proof: DleqProof;
  readonly hints: DleqHints;
};
/** What the vault seals. `share` is secret; the vault's KeyShareRecord with the share as bytes. */
export type KeyShareContent = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly digest: Hash32;
  readonly slot: number;
  readonly qual: bigint;
  readonly share: SecretScalar;
  /** 33 bytes each. */
  readonly jointKey: Uint8Array;
  readonly verifyingShare: Uint8Array;
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
  readonly path: readonly Hash32[];
  readonly dealingsHash: Hash32;
};
/** Store as pending, then ask for the next steps again. */
export type SaveShare = { readonly kind: "saveShare"; readonly id: string; readonly content: KeyShareContent };
export type Ready = {
  readonly kind: "ready";
  readonly id: string;
  readonly sid: SessionId;
  readonly qual: bigint;
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
  readonly digest: Hash32;
};
export type Fail = { readonly kind: "fail"; readonly id: string; readonly sid: SessionId };
/** Of a share of this session that is not in use. */
export type EraseShare = {
  readonly kind: "eraseShare";
  readonly id: string;
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly digest: Hash32;
};
/** This keeper cannot confirm: it holds no valid share of these dealers, or lost its epoch secret. For the log; the session continues without it. */
export type Unready = {
  readonly kind: "unready";
  readonly id: string;
  readonly sid: SessionId;
  readonly reason: "BAD_SHARES" | "NO_EPOCH_SECRET" | "WRONG_EPOCH_SECRET" | "RESULT_MISMATCH";
  readonly dealers: readonly number[];
};
/**
 * A dealing that the mirrored logs show and that this keeper does not believe: the contract stores none of this dealer, or another one, or its bytes or
 * its possessions are wrong, so that the contract cannot have taken it. The node's logs and state disagree: its provider is to blame, unless a
 * reorganisation is under way. For the log; nothing is made of that dealing.
 */
export type Disbelieve = {
  readonly kind: "disbelieve";
  readonly id: string;
  readonly sid: SessionId;
  readonly dealer: number;
  readonly reason: "NOT_STORED" | "FOREIGN_HASH" | "MALFORMED" | "NO_POSSESSION";
};
/** Nothing more will come. `digest`: the share to mark active; undefined when this keeper has none. */
export type Done = {
  readonly kind: "done";
  readonly id: string;
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly outcome: "active" | "failed";
  readonly digest?: Hash32;
};

/** What a keeper does with its own disk. */
export type KeepEffect = SaveDealing | SaveShare | EraseShare | Unready | Disbelieve | Done;

/** Effects of both kinds of session. */
export type SessionEffect = KeepEffect | Complain | Ready | Fail;

/** Whether an effect must be durable before anything else is done: perform these, read own material again, ask again. */
export const isKeepEffect = ({ kind }: { readonly kind: string }): boolean => kind === "saveDealing" || kind === "saveShare";
