import { type Hash32, KeyquorumError, rankOf } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { setNewest } from "../run/newestOnly.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "../run/workRunner.ts";
import type { AuthoriseSigning } from "./authoriseSigning.ts";
import type { Coordinate, Coordinated } from "./coordinate.ts";
import type { FoundRequest, MirroredSigning } from "./foundRequest.ts";
import { type PostSignature, signatureTransactionId } from "./postSignature.ts";
import type { SigningContract } from "./signingContract.ts";
import type { SigningParties } from "./signingParties.ts";

/** What `signing/onSigningRequested.ts` writes down. */
export type SigningWork = { readonly requestId: Hash32; readonly blockNumber: number; readonly blockHash: string };

type Options = Pick<Core, "transactions" | "log"> & {
  readonly mirrored: MirroredSigning;
  readonly contract: SigningContract;
  readonly parties: SigningParties;
  readonly authorise: AuthoriseSigning;
  readonly coordinate: Coordinate;
  readonly post: PostSignature;
  readonly stagingBlocks: number;
};

const ASK_AGAIN_MILLISECONDS = 2_000;
const ASK_AGAIN_AT_LEAST_EVERY = 30_000;
/** Of what this keeper itself denies, though the rules said yes in the request's own transaction. */
const DENIED_AGAIN_AT_LEAST_EVERY = 600_000;
const MOST_REQUESTS = 5_000;

/**
 * Sees to it that a request on chain is signed, once it is final. PROTOCOL section 9. One keeper's work suffices: rank r begins r steps after the request was
 * first seen to be final and unsigned, if it still is; two that coordinate at once are harmless. Ends when the request is over, finally.
 */
export const createSignRequest = (options: Options): WorkHandler<SigningWork> => {
  const { mirrored, contract, parties, transactions, log } = options;
  const dueSince = new Map<Hash32, number>();
  const failures = new Map<Hash32, number>();
  const made = new Map<Hash32, Coordinated>();

  const forget = (requestId: Hash32): WorkOutcome => {
    for (const known of [dueSince, failures, made]) known.delete(requestId);
    return DONE;
  };

  const found = async (work: SigningWork): Promise<FoundRequest | undefined> => {
    try {
      return await mirrored.find(work);
    } catch (error) {
      if (!(error instanceof KeyquorumError && error.code === "SIGNING_DENIED")) throw error;
      log.warn("A request names another digest than its statement has: the contract is none of ours, and nothing is signed", {
        requestId: work.requestId,
      });
      return undefined;
    }
  };

  /** Asks this keeper's own authoriser first: what is not permitted costs no other keeper anything. */
  const signatureOf = async (request: FoundRequest, epoch: number): Promise<Coordinated> => {
    const before = made.get(request.requestId);
    if (before !== undefined) return before;
    await options.authorise(request, epoch);
    return options.coordinate(request);
  };

  return async (work, { head, final }): Promise<WorkOutcome> => {
    const { requestId, blockNumber } = work;
    if (final.number < blockNumber) return WAIT;
    const request = await found(work);
    if (request === undefined) return forget(requestId); // reorganised away; if it came back, that is other work
    const status = await contract.at(head.hash).statusOf(requestId);
    if (status !== "Pending") {
      const isOver = status !== "Unknown" && (await contract.at(final.hash).statusOf(requestId)) === status;
      return isOver ? forget(requestId) : WAIT;
    }
    if (transactions.isBusy(signatureTransactionId(requestId))) return WAIT;
    try {
      const epoch = await parties.activeEpochOf(request);
      const { slot, members } = await parties.contextOf(epoch);
      if (!members.includes(slot)) return { kind: "wait", milliseconds: ASK_AGAIN_AT_LEAST_EVERY }; // removed, or the key may move to an epoch that it is in
      const since = dueSince.get(requestId) ?? head.number;
      setNewest(dueSince, requestId, since, MOST_REQUESTS);
      if (head.number < since + rankOf(requestId, slot, members) * options.stagingBlocks) return WAIT;
      const signed = await signatureOf(request, epoch);
      setNewest(made, requestId, signed, MOST_REQUESTS);
      await options.post(request, signed.posted);
      return WAIT;
    } catch (error) {
      if (!(error instanceof KeyquorumError) || error.code === "INTERNAL") throw error;
      if (error.code === "NOT_MEMBER") return { kind: "wait", milliseconds: ASK_AGAIN_AT_LEAST_EVERY };
      const before = failures.get(requestId) ?? 0;
      setNewest(failures, requestId, before + 1, MOST_REQUESTS);
      log.info("A signature was not made; trying again while it is wanted", { requestId, code: error.code, ...error.details });
      const longest = error.code === "SIGNING_DENIED" ? DENIED_AGAIN_AT_LEAST_EVERY : ASK_AGAIN_AT_LEAST_EVERY;
      return { kind: "wait", milliseconds: Math.min(longest, ASK_AGAIN_MILLISECONDS * 2 ** before) };
    }
  };
};
