import { callAt, type Heads, isUnavailable } from "@keyquorum/chain";
import type { ChallengeName } from "@keyquorum/vault";
import { parseRequestId } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import type { MayResend } from "../run/story.ts";

/** Transactions that challenge an answer are named so, with the request's id and the liar's slot behind it. */
export const CHALLENGE_ID_PREFIX = "challenge:";

export const challengeSubject = ({ requestId, slot }: ChallengeName): string => `${requestId}:${slot}`;

export const challengeTransactionId = (challenge: ChallengeName): string => `${CHALLENGE_ID_PREFIX}${challengeSubject(challenge)}`;

/** Which answer a transaction of this subject challenges. */
export const parseChallengeSubject = (subject: string): ChallengeName => {
  const [requestId = "", slot = ""] = subject.split(":");
  return { requestId: parseRequestId(requestId), slot: Number(slot) };
};

/**
 * Whether a challenge that was signed earlier may still be sent: only while the contract would take it at the head. Not when somebody else was first,
 * the window is over, or a reorganisation took the answer or put another in its place. What is withdrawn so is never sent again.
 */
export const createMayStillChallenge =
  (
    options: Pick<Core, "rpc" | "operator" | "log"> & {
      readonly vault: Pick<Core["vault"], "challenges">;
      readonly seen: { readonly now: () => Heads | undefined };
    },
  ): MayResend =>
  async (subject, signed) => {
    const { vault, rpc, operator, seen, log } = options;
    const challenge = parseChallengeSubject(subject);
    const heads = seen.now();
    if (heads === undefined) return "later";
    try {
      const { kind } = await callAt(rpc, { from: operator, to: signed.to, data: signed.data }, heads.head.hash);
      if (kind === "returned") return "yes";
    } catch (error) {
      if (isUnavailable(error)) return "later";
      throw error;
    }
    await vault.challenges.giveUp(challenge);
    const { requestId, slot } = challenge;
    log.info("A challenge that was not sent yet is dropped: the answer was already challenged, or no longer stands", {
      requestId,
      culprit: slot,
    });
    return "no";
  };
