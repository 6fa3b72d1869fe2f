import type { BlockRef } from "@keyquorum/chain";
import type { CommitteeMember, OptimisticFacts } from "../contracts/chainReader.ts";
import type { Core } from "../run/core.ts";
import type { RequestWork } from "./answerRequest.ts";

/** What a request's block fixes for good. */
export type Terms = Pick<OptimisticFacts, "keyId" | "epoch" | "quorum" | "fee"> & { readonly members: readonly CommitteeMember[] };

/** What the chain says once about optimistic requests, and about the contract. All throw ChainUnavailableError. */
export type ChallengeTerms = {
  /** How long wrong answers can be challenged after the deadline, in seconds of block time. */
  readonly windowAt: (head: BlockRef) => Promise<bigint>;
  /** Undefined where the chain moved since the request's event was mirrored. */
  readonly of: (work: RequestWork, blockHash: string) => Promise<Terms | undefined>;
  readonly forget: (work: RequestWork) => void;
};

/** In seconds of block time: what one moment's providers said of the window is not believed for longer. */
const WINDOW_BELIEVED = 600;

export const createChallengeTerms = ({ reader }: Pick<Core, "reader">): ChallengeTerms => {
  const known = new Map<string, Terms>();
  const nameOf = ({ requestId, blockHash }: RequestWork): string => `${requestId}:${blockHash}`;
  let believed: { readonly window: bigint; readonly at: number } | undefined;
  return {
    /** The contract never changes it. */
    windowAt: async ({ hash, timestamp }) => {
      if (believed === undefined || Math.abs(timestamp - believed.at) > WINDOW_BELIEVED)
        believed = { window: await reader.at(hash).challengeWindow(), at: timestamp };
      return believed.window;
    },
    of: async (work, hash) => {
      const before = known.get(nameOf(work));
      if (before !== undefined) return before;
      const { status, keyId, epoch, quorum, fee } = await reader.at(hash).optimisticRequestOf(work.requestId);
      if (status === "Unknown") return undefined;
      const terms = { keyId, epoch, quorum, fee, members: await reader.at(hash).committeeOf(epoch) };
      known.set(nameOf(work), terms);
      return terms;
    },
    forget: (work) => void known.delete(nameOf(work)),
  };
};
