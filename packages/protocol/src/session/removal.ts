import type { SessionView } from "./view.ts";

/**
 * Whether a keeper that is to hold a share was removed. No share goes to a removed keeper, so nobody deals, complains, finalizes or confirms
 * any more, whatever the board says; another epoch has to be opened (D56). PROTOCOL section 3.7.
 */
export const isHitByRemoval = ({ members, removedSlots }: SessionView): boolean => members.some(({ slot }) => removedSlots.includes(slot));

/** Those of `slots` that are still there: nobody waits for the turn of a keeper that was removed, or whose account was revoked. */
export const withoutAbsent = (slots: readonly number[], { removedSlots, absentSlots }: SessionView): readonly number[] =>
  slots.filter((slot) => !removedSlots.includes(slot) && !absentSlots.includes(slot));
