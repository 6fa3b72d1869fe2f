import { DECISIONS, nameOfState } from "@keyquorum/bindings";
import { headerHashOf, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import type { KeeperContact } from "../keys/committee.ts";
import { RetrievalError } from "../read/outcome.ts";
import type { KeeperFailure } from "../types.ts";
import type { Sifted } from "./postedAnswers.ts";
import type { OnChainQuestion, PostedRequest } from "./postShareRequest.ts";

/** A reorganisation dropped the request. */
export const lostRequest = ({ requestId }: PostedRequest, { key }: OnChainQuestion, { accepted, rejected }: Sifted): RetrievalError =>
  new RetrievalError("UNAVAILABLE", "A reorganisation of the chain removed the request.", {
    have: accepted.length,
    need: key.quorum,
    perKeeper: rejected,
    details: { requestId },
  });

/**
 * What it means that too few answers were posted. Silence on chain has two meanings, and the contract knows which: keepers refuse, or they are
 * not there. Throws CHAIN_UNAVAILABLE.
 */
export const tooFewAnswers = async (
  chain: Chain,
  { header, key, requester, contextHash = ZERO_HASH }: OnChainQuestion,
  options: {
    readonly requestId: RequestId;
    readonly sifted: Sifted;
    readonly keepers: readonly KeeperContact[];
    readonly signal: AbortSignal | undefined;
  },
): Promise<RetrievalError> => {
  const { requestId, sifted, keepers, signal } = options;
  const heard = new Set([...sifted.accepted.map(({ verified }) => verified.slot), ...sifted.rejected.map(({ slot }) => slot)]);
  const silent = keepers
    .filter(({ slot }) => !heard.has(slot))
    .map(({ slot, name }): KeeperFailure => ({ slot, name, code: "NO_ANSWER", reason: "It posted no answer." }));
  const perKeeper = [...sifted.rejected, ...silent].sort((a, b) => a.slot - b.slot);
  const head = await chain.calls.read("Reading the newest block", () => chain.provider.getBlock("latest"), signal);
  const details = {
    requestId,
    ...(head === null ? {} : { headNumber: head.number, ...(head.hash === null ? {} : { headBlock: head.hash }) }),
  };
  const numbers = { have: sifted.accepted.length, need: key.quorum, perKeeper, details };
  const { shareRequests } = chain.contracts;
  const ask = (): Promise<bigint> =>
    shareRequests.decide(header.document, headerHashOf(header), header.initialPermissions, requester, contextHash);
  const decision = nameOfState(DECISIONS, await chain.calls.read("Asking for the permission", ask, signal));
  if (decision === "Denied") return new RetrievalError("ACCESS_DENIED", "Access was revoked after the request was made.", numbers);
  if (decision !== "Permitted")
    return new RetrievalError("UNKNOWN_DOCUMENT", "The version was withdrawn after the request was made.", numbers);
  return new RetrievalError("UNAVAILABLE", `${numbers.have} of the ${numbers.need} answers needed were posted in time.`, numbers);
};
