import type { Point } from "@keyquorum/threshold";
import { type Address, accountOf } from "@keyquorum/wire";
import type { CommitteeMember } from "../contracts/chainReader.ts";

/** Keepers of one repair: who lost its share, and who helps, by ascending slot. As the epoch froze them. */
export type RepairParties = { readonly lost: CommitteeMember; readonly helpers: readonly CommitteeMember[] };

/** The parties of a repair; undefined unless the slots are t+1 or more members of the epoch, the lost one not among them. */
export const partiesOf = (
  members: readonly CommitteeMember[],
  { lostSlot, helperSlots, threshold }: { readonly lostSlot: number; readonly helperSlots: readonly number[]; readonly threshold: number },
): RepairParties | undefined => {
  const lost = members.find(({ slot }) => slot === lostSlot);
  const helpers = members.filter(({ slot }) => slot !== lostSlot && helperSlots.includes(slot));
  if (lost === undefined || helpers.length !== helperSlots.length || helpers.length < threshold + 1) return undefined;
  return { lost, helpers };
};

/** The address that a signature of an identity key recovers to. */
export const identityAddressOf = (identityKey: Point): Address => accountOf(identityKey);
