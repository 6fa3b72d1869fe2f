import type { Heads, StillWanted } from "@keyquorum/chain";
import { bitmapOf } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import type { SignedIntent } from "../run/story.ts";
import type { RequestedSession } from "./sessionEvents.ts";

/** A transaction that was signed earlier, the session that it is about, and the blocks to look at. */
export type EarlierStep = { readonly session: RequestedSession; readonly signed: Pick<SignedIntent, "data">; readonly heads: Heads };

/**
 * Whether a session may still be moved on by what was signed before: not when a keeper that is to hold a share was removed since then, nor when
 * this one was, or its account of the epoch that it acts in was revoked as stolen (D56). "later" while no final block says so.
 * Throws ChainUnavailableError.
 * @param epochs the one that receives shares, and the one whose account acts: a reshare is dealt by old members
 */
export const mayStillMove = async (
  { reader, operators }: Pick<Core, "reader" | "operators">,
  epochs: { readonly receiving: number; readonly acting: number },
  { head, final }: Heads,
): Promise<StillWanted> => {
  const at = reader.at(head.hash);
  const [members, ...own] = await Promise.all([at.membersOf(epochs.receiving), ...operators.map((operator) => at.slotOf(operator))]);
  const ownSlots = bitmapOf([...new Set(own.filter((slot) => slot !== 0))]);
  const isOver = async (hash: string): Promise<boolean> => {
    const [removed, absent] = await Promise.all([reader.at(hash).removedKeepers(), reader.at(hash).absentIn(epochs.acting, ownSlots)]);
    return (removed & members) !== 0n || absent !== 0n;
  };
  const [atHead, atFinal] = await Promise.all([isOver(head.hash), isOver(final.hash)]);
  if (atFinal) return "no";
  return atHead ? "later" : "yes";
};
