import { rankOf } from "@keyquorum/wire";
import type { OwnSessionMaterial, SessionSettings, SessionView } from "./view.ts";

/** Whether it is this keeper's turn, among `slots`, at work that one keeper suffices for: rank r acts r steps after the status began. PROTOCOL section 3.8, D21. */
export const isOwnTurn = (
  view: SessionView,
  slots: readonly number[],
  { slot }: OwnSessionMaterial,
  { rankStep }: SessionSettings,
): boolean => view.headNumber >= view.statusSince + rankOf(view.sid, slot, slots) * rankStep;
