import { ThresholdError } from "../errors.ts";
import { assertPoint, type Point } from "../point.ts";
import { assertSlot, MAX_MEMBERS } from "../slot.ts";

/** A member of the session's committee: its slot and its epoch encryption key, whose possession the registry has checked. Public. PROTOCOL section 6.2. */
export type DkgMember = { readonly slot: number; readonly encryptionKey: Point };

/** Throws INVALID_MEMBERS, INVALID_SLOT, INVALID_POINT unless there are 3..64 members in strictly ascending slot order with valid keys. PROTOCOL sections 3.1 and 6.1. */
export function assertMembers(members: readonly DkgMember[]): void {
  if (!Array.isArray(members) || members.length < 3 || members.length > MAX_MEMBERS)
    throw new ThresholdError("INVALID_MEMBERS", "A committee has 3 to 64 members.", { details: { count: members?.length } });
  assertAscending(members);
}

/** Throws INVALID_MEMBERS, INVALID_SLOT, INVALID_POINT unless the slots ascend strictly and the keys are valid. */
export function assertAscending(members: readonly DkgMember[]): void {
  let previous = 0;
  for (const { slot, encryptionKey } of members) {
    assertSlot(slot, "member slot");
    assertPoint(encryptionKey, "encryption key");
    if (slot <= previous)
      throw new ThresholdError("INVALID_MEMBERS", "Members must be in ascending slot order, each once.", { details: { slot, previous } });
    previous = slot;
  }
}

/** The member with this slot and its position. Throws INVALID_MEMBERS: a slot that is not of this committee is out of range (D5). */
export function memberAt(members: readonly DkgMember[], slot: number): { member: DkgMember; index: number } {
  assertSlot(slot);
  const index = members.findIndex((member) => member.slot === slot);
  const member = members[index];
  if (member === undefined)
    throw new ThresholdError("INVALID_MEMBERS", `Slot ${slot} is not a member of this committee.`, { details: { slot } });
  return { member, index };
}
