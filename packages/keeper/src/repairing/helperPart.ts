import {
  KeyquorumError,
  type RepairAsk,
  type RepairContributionAsk,
  type RepairDomain,
  recoverSigner,
  repairContributionDigest,
  repairDealingDigest,
  type SignedRepairContribution,
  type SignedRepairDealing,
} from "@keyquorum/wire";
import type { BulkWork } from "../bulk/bulkWork.ts";
import { identityAddressOf } from "./helperSet.ts";
import type { CheckedRepair } from "./readRepair.ts";

/** How a repair is computed. */
type Bulk = { readonly bulk: BulkWork; readonly domain: RepairDomain };

/**
 * A helper's dealing. The same question gives the same bytes. Throws BulkError.
 * @param sid 32 bytes: the session of this repair and these helpers
 */
export const deal = async (
  { bulk, domain }: Bulk,
  ask: RepairAsk,
  repair: CheckedRepair,
  sid: Uint8Array,
): Promise<SignedRepairDealing> => {
  const { ownSlot } = repair;
  const dealing = await bulk.run("repairDealing", partyOf(repair, sid));
  const signature = repair.sign(repairDealingDigest(domain, { ...ask, slot: ownSlot }, dealing));
  return { slot: ownSlot, dealing, signature };
};

/**
 * A helper's contribution, to the dealings of all. The same question gives the same bytes. Throws REPAIR_BAD_DEALING with the slot that sent a wrong one,
 * BulkError.
 */
export const contribute = async (
  { bulk, domain }: Bulk,
  ask: RepairContributionAsk,
  repair: CheckedRepair,
  sid: Uint8Array,
): Promise<SignedRepairContribution> => {
  for (const { slot, dealing, signature } of ask.dealings)
    assertSignedBy(repair, slot, repairDealingDigest(domain, { ...ask, slot }, dealing), signature);
  const { ownSlot, announced, material, sign } = repair;
  const outcome = await bulk.run("repairContribution", {
    ...partyOf(repair, sid),
    readerKey: announced.readerKey,
    share: material.share,
    dealings: ask.dealings.map(({ slot, dealing }) => ({ slot, dealing })),
  });
  if (outcome.kind === "bad") throw badDealing(outcome.slot, `The dealing of slot ${outcome.slot} is ${outcome.why}.`);
  const { contribution } = outcome;
  const signature = sign(repairContributionDigest(domain, { ...ask, slot: ownSlot }, { dealings: dealingsOf(ask), contribution }));
  return { slot: ownSlot, contribution, signature };
};

export const dealingsOf = ({ dealings }: RepairContributionAsk): readonly Uint8Array[] => dealings.map(({ dealing }) => dealing);

const partyOf = ({ helpers, lost, ownSlot, threshold, encryptionSecret }: CheckedRepair, sid: Uint8Array) => ({
  ...{ sid, ownSlot, threshold, encryptionSecret },
  helpers: helpers.map(({ slot, encryptionKey }) => ({ slot, encryptionKey })),
  lost: lost.slot,
});

const badDealing = (slot: number, sentence: string): KeyquorumError =>
  new KeyquorumError("REPAIR_BAD_DEALING", sentence, { details: { slot } });

const assertSignedBy = (
  { helpers }: CheckedRepair,
  slot: number,
  digest: Parameters<typeof recoverSigner>[0],
  signature: Uint8Array,
): void => {
  const helper = helpers.find((member) => member.slot === slot);
  if (helper !== undefined && recoverSigner(digest, signature) === identityAddressOf(helper.identityKey)) return;
  throw badDealing(slot, `The dealing of slot ${slot} is not signed by that keeper.`);
};
