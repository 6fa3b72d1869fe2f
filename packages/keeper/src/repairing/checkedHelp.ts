import { type Point, parseRepairDealing, type RepairPoint, ThresholdError } from "@keyquorum/threshold";
import {
  KeyquorumError,
  recoverSigner,
  repairContributionDigest,
  repairDealingDigest,
  type SignedRepairContribution,
  type SignedRepairDealing,
} from "@keyquorum/wire";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import { identityAddressOf } from "./helperSet.ts";
import type { LostShare, RepairBy } from "./lostShare.ts";

const lied = (slot: number, what: string): KeyquorumError => new KeyquorumError("BAD_ANSWER", `The helper at slot ${slot} ${what}.`);

/** Looks at a helper's dealing. Throws BAD_ANSWER where it is not signed by that helper, or malformed. */
export const assertDealing = (
  { domain, threshold }: LostShare,
  { slot, identityKey }: CommitteeMember,
  sender: RepairBy,
  answer: SignedRepairDealing,
): void => {
  const digest = repairDealingDigest(domain, { ...sender, slot }, answer.dealing);
  if (answer.slot !== slot || recoverSigner(digest, answer.signature) !== identityAddressOf(identityKey))
    throw lied(slot, "did not sign its dealing");
  try {
    parseRepairDealing(answer.dealing, { threshold, helpers: sender.helpers.length });
  } catch (error) {
    if (error instanceof ThresholdError) throw lied(slot, "sent no dealing of this repair");
    throw error;
  }
};

/** A helper's contribution, opened; the caller erases it. Throws BAD_ANSWER where it is not signed by that helper, or wrong; BulkError. */
export const checkedContribution = async (
  { bulk, domain, lost, threshold, secret, verifyingShares }: LostShare,
  { slot, identityKey }: CommitteeMember,
  { sender, sid, dealings }: { readonly sender: RepairBy; readonly sid: Uint8Array; readonly dealings: readonly Uint8Array[] },
  answer: SignedRepairContribution,
): Promise<RepairPoint> => {
  const { contribution, signature } = answer;
  const digest = repairContributionDigest(domain, { ...sender, slot }, { dealings, contribution });
  if (answer.slot !== slot || recoverSigner(digest, signature) !== identityAddressOf(identityKey))
    throw lied(slot, "did not sign its contribution");
  const verifyingShare = verifyingShares.get(slot) as Point; // true: the map has every member
  const about = { sid, helper: slot, lost, threshold, verifyingShare };
  const opened = await bulk.run("repairOpening", { ...about, secret, dealings, contribution });
  if (opened.kind === "invalid") throw lied(slot, "sent a wrong contribution");
  return { slot, value: opened.value };
};
