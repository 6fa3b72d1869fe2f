/** What a keeper has to do next in a reshare. */
import type { Hash32, SessionId } from "@keyquorum/wire";
import type { SessionEffect } from "../session/effects.ts";

/** `path` leads from C_0, the dealer's verifying share, to the verifying root of the old epoch. */
export type ReshareDeal = {
  readonly kind: "deal";
  readonly id: string;
  readonly sid: SessionId;
  readonly dealer: number;
  readonly dealing: Uint8Array;
  readonly path: readonly Hash32[];
};

/**
 * This old member cannot deal, though it was asked to: its share is not the one that the chain knows (repair it), or is one that no
 * contract takes. For the log; the session continues without it.
 */
export type CannotDeal = {
  readonly kind: "cannotDeal";
  readonly id: string;
  readonly sid: SessionId;
  readonly reason: "FOREIGN_SHARE" | "UNUSABLE_SHARE";
};

export type ReshareEffect = SessionEffect | ReshareDeal | CannotDeal;
