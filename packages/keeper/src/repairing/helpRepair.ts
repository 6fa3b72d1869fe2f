import { recoverSigner } from "@keyquorum/chain";
import {
  createContribution,
  createRepairDealing,
  type DkgMember,
  type HedgedRandom,
  keccakWords,
  openRepairShare,
  parseRepairDealing,
  repairRandomOf,
  repairSessionOf,
  type SecretScalar,
  ThresholdError,
} from "@keyquorum/threshold";
import {
  hexToBytes,
  KeyquorumError,
  REPAIR_MESSAGES,
  type RepairAsk,
  type RepairContributionAsk,
  repairAskDigest,
  repairContributionAskDigest,
  repairContributionDigest,
  repairDealingDigest,
  type SignedRepairContribution,
  type SignedRepairDealing,
} from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { refusalOf } from "../answering/refusal.ts";
import { type PeerAnswerer, peerAnswerer } from "../peers/peerTransport.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { identityAddressOf } from "./helperSet.ts";
import { type CheckedRepair, type ReadRepairOptions, readRepair, repairDomainOf } from "./readRepair.ts";
import { createRepairLimits } from "./repairLimits.ts";

/** This keeper's part when another one lost its share. Nothing is stored: the same question gives the same bytes, whatever happens in between. */
export type RepairHelp = {
  /** Throws KeyquorumError with the code of the refusal. */
  readonly deal: (ask: RepairAsk) => Promise<SignedRepairDealing>;
  readonly contribute: (ask: RepairContributionAsk) => Promise<SignedRepairContribution>;
};

type Options = ReadRepairOptions & { readonly log: Logger; readonly metrics: Pick<Metrics, "repairsHelped"> };

/** What other keepers may ask this one about repairs. */
export const repairAnswerers = ({ deal, contribute }: RepairHelp): readonly PeerAnswerer[] => [
  peerAnswerer(REPAIR_MESSAGES.dealing, deal),
  peerAnswerer(REPAIR_MESSAGES.contribution, contribute),
];

export const createRepairHelp = (options: Options): RepairHelp => {
  const { contracts, metrics, log } = options;
  const domain = repairDomainOf(contracts);
  const limits = createRepairLimits(options.clock);

  const answer = async <Result>(repair: CheckedRepair, work: (sid: Uint8Array) => Result): Promise<Result> => {
    try {
      const slots = repair.helpers.map(({ slot }) => slot);
      return await limits.run(repair.lost.slot, async () => work(repairSessionOf(hexToBytes(repair.announced.repairId, 32), slots)));
    } finally {
      repair.encryptionSecret.erase();
    }
  };

  /** Gives every failure its code, counts it, and tells what nobody expected to the log only. */
  const counted =
    <Ask, Result>(step: "deal" | "contribute", work: (ask: Ask) => Promise<Result>) =>
    async (ask: Ask): Promise<Result> => {
      try {
        const result = await work(ask);
        metrics.repairsHelped.inc({ step, outcome: "ANSWERED" });
        return result;
      } catch (error) {
        const refusal = refusalOf(error, log, "Helping with a repair");
        metrics.repairsHelped.inc({ step, outcome: refusal.code });
        throw refusal;
      }
    };

  return {
    deal: counted("deal", async (ask: RepairAsk) => {
      const repair = await readRepair(options, ask, (slot) => repairAskDigest(domain, { ...ask, slot }));
      return answer(repair, (sid) => {
        const { ownSlot, threshold } = repair;
        const random = randomOf(repair, { sid, use: "dealing" });
        const dealing = createRepairDealing({ ...committeeOf(repair), sid, helper: ownSlot, threshold }, random);
        const signature = repair.sign(repairDealingDigest(domain, { ...ask, slot: ownSlot }, dealing));
        return { slot: ownSlot, dealing, signature };
      });
    }),

    contribute: counted("contribute", async (ask: RepairContributionAsk) => {
      const dealings = ask.dealings.map(({ dealing }) => dealing);
      const repair = await readRepair(options, ask, (slot) => repairContributionAskDigest(domain, { ...ask, slot }, dealings));
      return answer(repair, (sid) => {
        for (const { slot, dealing, signature } of ask.dealings)
          assertSignedBy(repair, slot, repairDealingDigest(domain, { ...ask, slot }, dealing), signature);
        const { ownSlot, announced, helpers, material, sign } = repair;
        const maskShares = openMasks(repair, sid, ask.dealings);
        try {
          const statement = keccakWords(...dealings.map((dealing) => keccak_256(dealing)));
          const random = randomOf(repair, { sid, use: "contribution", statement });
          const helperSlots = helpers.map(({ slot }) => slot);
          const { readerKey, slot: lost } = announced;
          const { share } = material;
          const contribution = createContribution({ sid, helper: ownSlot, lost, helperSlots, share, maskShares, readerKey }, random);
          log.info("Helped another keeper to repair its share", { repairId: ask.repairId, keyId: announced.keyId, slot: lost });
          const signature = sign(repairContributionDigest(domain, { ...ask, slot: ownSlot }, { dealings, contribution }));
          return { slot: ownSlot, contribution, signature };
        } finally {
          for (const mask of maskShares) mask.share.erase();
        }
      });
    }),
  };
};

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
