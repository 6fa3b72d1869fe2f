import { performSessionEffect, type SessionBoard, type SessionKeep } from "../session/perform.ts";
import type { CannotDeal, ReshareDeal, ReshareEffect } from "./effects.ts";

/** Where a reshare is public. Each call is idempotent by the effect's id and may return before it is final. */
export type ReshareBoard = SessionBoard & { deal(effect: ReshareDeal): Promise<void> };

/** Where a keeper keeps its own part. Each promise resolves when the change is durable. */
export type ReshareKeep = SessionKeep & { cannotDeal(effect: CannotDeal): Promise<void> };

/** Hands one effect to whom it is for. */
export const performReshareEffect = async (
  effect: ReshareEffect,
  { board, keep }: { readonly board: ReshareBoard; readonly keep: ReshareKeep },
): Promise<void> => {
  if (effect.kind === "deal") return board.deal(effect);
  if (effect.kind === "cannotDeal") return keep.cannotDeal(effect);
  return performSessionEffect(effect, { board, keep });
};
