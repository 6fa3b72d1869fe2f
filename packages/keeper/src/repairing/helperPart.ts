import {
  createContribution,
  createRepairDealing,
  type DkgMember,
  type HedgedRandom,
  keccakWords,
  openRepairShare,
  parseRepairDealing,
  repairRandomOf,
  type SecretScalar,
  ThresholdError,
} from "@keyquorum/threshold";
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
import { keccak_256 } from "@noble/hashes/sha3.js";
import { identityAddressOf } from "./helperSet.ts";
import type { CheckedRepair } from "./readRepair.ts";

/**
 * A helper's dealing. The same question gives the same bytes.
 * @param sid 32 bytes: the session of this repair and these helpers
 */
export const deal = (domain: RepairDomain, ask: RepairAsk, repair: CheckedRepair, sid: Uint8Array): SignedRepairDealing => {
  const { ownSlot, threshold } = repair;
  const random = randomOf(repair, { sid, use: "dealing" });
  const dealing = createRepairDealing({ ...committeeOf(repair), sid, helper: ownSlot, threshold }, random);
  const signature = repair.sign(repairDealingDigest(domain, { ...ask, slot: ownSlot }, dealing));
  return { slot: ownSlot, dealing, signature };
};

/** A helper's contribution, to the dealings of all. The same question gives the same bytes. Throws REPAIR_BAD_DEALING with the slot that sent a wrong one. */
export const contribute = (
  domain: RepairDomain,
  ask: RepairContributionAsk,
  repair: CheckedRepair,
  sid: Uint8Array,
): SignedRepairContribution => {
  for (const { slot, dealing, signature } of ask.dealings)
    assertSignedBy(repair, slot, repairDealingDigest(domain, { ...ask, slot }, dealing), signature);
  const { ownSlot, announced, helpers, material, sign } = repair;
  const dealings = dealingsOf(ask);
  const maskShares = openMasks(repair, sid, ask.dealings);
  try {
    const statement = keccakWords(...dealings.map((dealing) => keccak_256(dealing)));
    const random = randomOf(repair, { sid, use: "contribution", statement });
    const helperSlots = helpers.map(({ slot }) => slot);
    const { readerKey, slot: lost } = announced;
    const { share } = material;
    const contribution = createContribution({ sid, helper: ownSlot, lost, helperSlots, share, maskShares, readerKey }, random);
    const signature = sign(repairContributionDigest(domain, { ...ask, slot: ownSlot }, { dealings, contribution }));
    return { slot: ownSlot, contribution, signature };
  } finally {
    for (const mask of maskShares) mask.share.erase();
  }
};

export const dealingsOf = ({ dealings }: RepairContributionAsk): readonly Uint8Array[] => dealings.map(({ dealing }) => dealing);

const committeeOf = ({ helpers, lost }: CheckedRepair): { readonly helpers: readonly DkgMember[]; readonly lost: number } => ({
  helpers: helpers.map(({ slot, encryptionKey }) => ({ slot, encryptionKey })),
  lost: lost.slot,
});

/**
 * From the epoch's encryption secret, which is erased with the epoch: masks that could be made again later would show the shares that they hid, to
 * whoever kept what a repair gave it (attack 15).
 */
const randomOf = ({ encryptionSecret }: CheckedRepair, about: Omit<Parameters<typeof repairRandomOf>[0], "secret">): HedgedRandom => {
  const secret = encryptionSecret.toBytes();
  try {
    return repairRandomOf({ ...about, secret });
  } finally {
    secret.fill(0);
  }
};

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

/** Opens every helper's mask, this keeper's own among them. Throws REPAIR_BAD_DEALING, which names who sent a wrong one; what was opened is erased. */
const openMasks = (repair: CheckedRepair, sid: Uint8Array, dealings: readonly SignedRepairDealing[]) => {
  const { threshold, helpers, ownSlot, encryptionSecret } = repair;
  const opened: { readonly helper: number; readonly share: SecretScalar }[] = [];
  try {
    for (const { slot, dealing: bytes } of dealings) {
      const dealing = parseRepairDealing(bytes, { threshold, helpers: helpers.length });
      const input = { ...committeeOf(repair), sid, helper: slot, recipient: ownSlot, encryptionSecret, threshold, dealing };
      const result = openRepairShare(input);
      if (result.kind === "invalid") throw badDealing(slot, `The dealing of slot ${slot} is wrong.`);
      opened.push({ helper: slot, share: result.share });
    }
    return opened;
  } catch (error) {
    for (const { share } of opened) share.erase();
    const slot = dealings[opened.length]?.slot ?? 0;
    if (error instanceof ThresholdError && error.code !== "KEY_MISMATCH")
      throw badDealing(slot, `The dealing of slot ${slot} is malformed.`);
    throw error;
  }
};
