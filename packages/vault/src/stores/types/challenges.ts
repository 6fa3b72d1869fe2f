import type { RequestId } from "@keyquorum/wire";

/** A wrong answer that this keeper challenges: the answer of `slot` to a request. */
export type ChallengeName = { readonly requestId: RequestId; readonly slot: number };

/**
 * What is known of a challenge. `gas`: the most that it can cost. `budgeted`: nothing pays for it, so it counts in the budget of that slot.
 * `givenUp`: it is not sent again.
 */
export type StoredChallenge = ChallengeName & {
  readonly gas: bigint;
  readonly budgeted: boolean;
  readonly at: number;
  readonly givenUp: boolean;
};

/** Challenges of wrong answers, durable before they are sent. */
export type ChallengeStore = {
  /**
   * Saves a challenge, once: a stored one is answered with as it is. With `budget`, only where the gas of the slot's budgeted challenges since
   * `budget.since` stays within `budget.gas`; undefined where it does not.
   */
  save(
    challenge: ChallengeName & { readonly gas: bigint; readonly budget?: { readonly gas: bigint; readonly since: number } },
  ): Promise<StoredChallenge | undefined>;
  /** Those of one request, by slot. */
  of(requestId: RequestId): Promise<readonly StoredChallenge[]>;
  giveUp(challenge: ChallengeName): Promise<void>;
  /** Deletes those from before a time, in ms; answers with how many. */
  prune(before: number): Promise<number>;
};
