import { callAt, type Heads, isUnavailable, type Rpc, type SenderRecord, type StillWanted } from "@keyquorum/chain";
import type { ChallengeName, Vault } from "@keyquorum/vault";
import { type Address, parseRequestId } from "@keyquorum/wire";
import type { Logger } from "../report/logger.ts";

/** Transactions that challenge an answer are named so, with the request's id and the liar's slot behind it. */
export const CHALLENGE_ID_PREFIX = "challenge:";

export const challengeTransactionId = ({ requestId, slot }: ChallengeName): string => `${CHALLENGE_ID_PREFIX}${requestId}:${slot}`;

/** Which answer a transaction of this name challenges; undefined when it does something else. */
export const parseChallengeTransaction = (id: string): ChallengeName | undefined => {
  if (!id.startsWith(CHALLENGE_ID_PREFIX)) return undefined;
  const [requestId = "", slot = ""] = id.slice(CHALLENGE_ID_PREFIX.length).split(":");
  return { requestId: parseRequestId(requestId), slot: Number(slot) };
};

/**
 * Whether a challenge that was signed earlier may still be sent: only while the contract would take it at the head. Not when somebody else was first,
 * the window is over, or a reorganisation took the answer or put another in its place. What is withdrawn so is never sent again.
 */
export const mayStillChallenge = async (
  options: {
    readonly vault: Pick<Vault, "outbox" | "challenges">;
    readonly rpc: Rpc;
    readonly operator: Address;
    readonly heads: () => Heads | undefined;
    readonly log: Logger;
  },
  challenge: ChallengeName,
): Promise<StillWanted> => {
  const { vault, rpc, operator, heads, log } = options;
  const record = await vault.outbox.load<SenderRecord>(challengeTransactionId(challenge));
  const seen = heads();
  if (record === undefined || seen === undefined) return "later";
  try {
    const { kind } = await callAt(rpc, { from: operator, to: record.to, data: record.data }, seen.head.hash);
    if (kind === "returned") return "yes";
  } catch (error) {
    if (isUnavailable(error)) return "later";
    throw error;
  }
  await vault.challenges.giveUp(challenge);
  const { requestId, slot } = challenge;
  log.info("A challenge that had not got out yet is not sent: the answer was challenged already, or stands no more", {
    requestId,
    culprit: slot,
  });
  return "no";
};
