import { rankOf } from "@keyquorum/wire";
import type { KeyGenerationSettings, KeyGenerationView, OwnKeyMaterial } from "./view.ts";

/** Whether it is this keeper's turn at work that one keeper suffices for: rank r acts r steps after the status began. PROTOCOL section 3.8, D21. */
export const isOwnTurn = (view: KeyGenerationView, own: OwnKeyMaterial, { rankStep }: KeyGenerationSettings): boolean => {
  const slots = view.members.map(({ slot }) => slot);
  return view.headNumber >= view.statusSince + rankOf(view.sid, own.slot, slots) * rankStep;
};
