import type { Heads } from "@keyquorum/chain";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { Metrics } from "../metrics.ts";
import { type ProposedEpoch, readProposal } from "./announceEpoch.ts";
import { knownVetoes } from "./vetoes.ts";

/** The epochs as this keeper sees them at the head. Public. */
export type EpochsSeen = {
  /** The newest open one; 0 while there is none. */
  readonly current: number;
  /** Undefined while none is proposed. */
  readonly proposed: (ProposedEpoch & { readonly isOwnKeyPosted: boolean; readonly isVetoed: boolean }) | undefined;
  /** By this keeper's operator; undefined: the file of vetoes cannot be read, and that counts as a veto of all. */
  readonly vetoed: readonly number[] | undefined;
};

/** What may come: for status and metrics. */
export type EpochOutlook = {
  /** Throws ChainUnavailableError. */
  readonly refresh: (heads: Heads) => Promise<void>;
  readonly seen: () => EpochsSeen;
};

export const createEpochOutlook = (options: {
  readonly reader: ChainReader;
  readonly dataDirectory: string;
  /** This keeper's slot now; 0 while it has none. */
  readonly slot: () => number;
  readonly metrics: Pick<Metrics, "epochVetoed">;
}): EpochOutlook => {
  const { reader, dataDirectory, metrics } = options;
  let seen: EpochsSeen = { current: 0, proposed: undefined, vetoed: [] };

  return {
    refresh: async ({ head }) => {
      const at = reader.at(head.hash);
      const [current, last, vetoed] = await Promise.all([at.currentEpoch(), at.lastEpoch(), knownVetoes(dataDirectory)]);
      const isVetoed = (epoch: number): boolean => vetoed === undefined || vetoed.includes(epoch);
      const isPending = last > current && (await at.epochStatusOf(last)) === "Proposed";
      const proposal = isPending ? await readProposal(at, last) : undefined;
      const slot = options.slot();
      const isOwnKeyPosted = proposal !== undefined && slot !== 0 && (await at.epochKeyOf(last, slot)) !== undefined;
      seen = { current, vetoed, proposed: proposal && { ...proposal, isOwnKeyPosted, isVetoed: isVetoed(last) } };
      metrics.epochVetoed.set(isVetoed(proposal?.epoch ?? current) ? 1 : 0);
    },
    seen: () => seen,
  };
};
