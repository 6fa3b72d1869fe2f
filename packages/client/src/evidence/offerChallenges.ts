import { KeyquorumError } from "@keyquorum/wire";
import type { ChallengeOffer, KeeperFailure } from "../types.ts";
import type { ChallengeCost } from "./challenge.ts";
import type { PostedEvidence } from "./evidence.ts";

/**
 * Offers what a reader of an optimistic request rejected as challenges, with what each would cost its account now. Not offered is what the contract
 * would refuse: displaced keepers challenge by themselves, and may have been first. Figures that the chain cannot give now are missing: the content is
 * there, and none is worth losing it. PROTOCOL section 5.5.
 */
export const offerChallenges = async (
  rejected: readonly KeeperFailure[],
  {
    deadline,
    window,
    estimate,
  }: {
    readonly deadline: bigint;
    /** Seconds from the deadline to the end of challenges. */
    readonly window: () => Promise<bigint>;
    readonly estimate: (posted: PostedEvidence) => Promise<ChallengeCost>;
  },
): Promise<readonly ChallengeOffer[]> => {
  const posted = rejected.flatMap(({ evidence, name }) => (evidence?.format === "keyquorum-posted-fault" ? [{ evidence, name }] : []));
  if (posted.length === 0) return [];
  const seconds = await answered(window);
  const until = typeof seconds === "bigint" ? { until: deadline + seconds } : {};
  const offers = posted.map(async ({ evidence, name }): Promise<readonly ChallengeOffer[]> => {
    const cost = await answered(() => estimate(evidence));
    if (cost === "refused") return [];
    return [{ evidence, slot: evidence.slot, name, ...until, ...(cost === undefined ? {} : { gas: cost.gas, wei: cost.wei }) }];
  });
  return (await Promise.all(offers)).flat();
};

/** What was asked; undefined while the chain cannot say. */
const answered = async <T>(ask: () => Promise<T>): Promise<T | "refused" | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    return error.code === "CHAIN_UNAVAILABLE" ? undefined : "refused";
  }
};
