import { repairSessionOf } from "@keyquorum/threshold";
import {
  type Hash32,
  hexToBytes,
  REPAIR_MESSAGES,
  type RepairAsk,
  type RepairContributionAsk,
  repairAskDigest,
  repairContributionAskDigest,
  type SignedRepairContribution,
  type SignedRepairDealing,
} from "@keyquorum/wire";
import { refusalOf } from "../answering/refusal.ts";
import { createPeerLimits } from "../peers/peerLimits.ts";
import { type PeerAnswerer, peerAnswerer } from "../peers/peerTransport.ts";
import { signedAnswer } from "../peers/signedAnswer.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Core } from "../run/core.ts";
import { contribute, deal, dealingsOf } from "./helperPart.ts";
import { type CheckedRepair, type ReadRepairOptions, type RepairAsker, readRepair, readRepairAsker, repairDomainOf } from "./readRepair.ts";

/** This keeper's part when another one lost its share. Nothing is stored: the same question gives the same bytes, whatever happens in between. */
export type RepairHelp = {
  /** Throws KeyquorumError with the code of the refusal. */
  readonly deal: (ask: RepairAsk) => Promise<SignedRepairDealing>;
  readonly contribute: (ask: RepairContributionAsk) => Promise<SignedRepairContribution>;
};

/** What other keepers may ask this one about repairs. */
export const repairAnswerers = ({ deal, contribute }: RepairHelp): readonly PeerAnswerer[] => [
  peerAnswerer(REPAIR_MESSAGES.dealing, deal),
  peerAnswerer(REPAIR_MESSAGES.contribution, contribute),
];

type Options = ReadRepairOptions & Pick<Core, "bulk" | "log"> & { readonly metrics: Pick<Metrics, "repairsHelped"> };

/** A repair with 64 keepers of whom 31 do not help asks each one about 60 times for each. */
const ALLOWANCE = { perHour: 240, atOnce: 4 };

/** One kind of question: what its asker signs, and the answer to it where this keeper helps. `answer` makes no copy of a secret. */
type Question<Ask extends RepairAsk, Answer> = {
  readonly step: "deal" | "contribute";
  readonly digestOf: (ask: Ask, slot: number) => Hash32;
  readonly answer: (ask: Ask, repair: CheckedRepair, sid: Uint8Array) => Promise<Answer>;
};

export const createRepairHelp = (options: Options): RepairHelp => {
  const { contracts, bulk, log } = options;
  const domain = repairDomainOf(contracts);
  const limits = createPeerLimits(options.clock);

  const help = <Ask extends RepairAsk, Answer>({ step, digestOf, answer }: Question<Ask, Answer>): ((ask: Ask) => Promise<Answer>) =>
    counted(
      options,
      step,
      signedAnswer<Ask, RepairAsker, Answer>(limits, {
        ...{ kind: `repair ${step}`, allowance: ALLOWANCE },
        senderOf: (ask) => readRepairAsker(options, ask, (slot) => digestOf(ask, slot)),
        answer: async (ask, asker) => {
          const repair = await readRepair(options, ask, asker);
          try {
            return await answer(ask, repair, sessionOf(repair));
          } finally {
            repair.encryptionSecret.erase();
          }
        },
      }),
    );

  return {
    deal: help({
      step: "deal",
      digestOf: (ask: RepairAsk, slot) => repairAskDigest(domain, { ...ask, slot }),
      answer: (ask, repair, sid) => deal({ bulk, domain }, ask, repair, sid),
    }),
    contribute: help({
      step: "contribute",
      digestOf: (ask: RepairContributionAsk, slot) => repairContributionAskDigest(domain, { ...ask, slot }, dealingsOf(ask)),
      answer: async (ask, repair, sid) => {
        const given = await contribute({ bulk, domain }, ask, repair, sid);
        const { keyId, slot } = repair.announced;
        log.info("Helped another keeper to repair its share", { repairId: ask.repairId, keyId, slot });
        return given;
      },
    }),
  };
};

/** Gives every failure its code, counts it, and tells what nobody expected to the log only. */
const counted =
  <Ask, Answer>({ log, metrics }: Options, step: "deal" | "contribute", work: (ask: Ask) => Promise<Answer>) =>
  async (ask: Ask): Promise<Answer> => {
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

const sessionOf = ({ announced, helpers }: CheckedRepair): Uint8Array =>
  repairSessionOf(
    hexToBytes(announced.repairId, 32),
    helpers.map(({ slot }) => slot),
  );
