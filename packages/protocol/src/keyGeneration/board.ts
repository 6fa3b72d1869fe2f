import type { SessionId } from "@keyquorum/wire";
import { performSessionEffect, type SessionBoard, type SessionKeep } from "../session/perform.ts";
import type { Deal, Finalize, KeyGenerationEffect } from "./effects.ts";
import type { KeyGenerationStatus } from "./view.ts";

/** Where a session is public: the contract, or a peer board. Each call is idempotent by the effect's id and may return before it is final. */
export type KeyGenerationBoard = SessionBoard & {
  deal(effect: Deal): Promise<void>;
  finalize(effect: Finalize): Promise<void>;
};

/** What moves a session on in time: the status by the contract at a pinned block. Keepers never compare block heights (D14). */
export type KeyGenerationPhaser = { statusOf(sid: SessionId): Promise<KeyGenerationStatus> };

export type KeyGenerationKeep = SessionKeep;

/** Hands one effect to whom it is for. */
export const performKeyGenerationEffect = async (
  effect: KeyGenerationEffect,
  { board, keep }: { readonly board: KeyGenerationBoard; readonly keep: KeyGenerationKeep },
): Promise<void> => {
  if (effect.kind === "deal") return board.deal(effect);
  if (effect.kind === "finalize") return board.finalize(effect);
  return performSessionEffect(effect, { board, keep });
};
