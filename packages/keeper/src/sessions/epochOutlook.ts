import type { Heads } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { bitmapOf } from "@keyquorum/wire";
import type { ChainReader, ContractsAt } from "../contracts/chainReader.ts";
import { type ProposedEpoch, readProposal } from "../membership/proposedEpoch.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Clock } from "../run/clock.ts";
import { dealsFrom } from "./consent.ts";
import { knownVetoes } from "./vetoes.ts";

/** The epochs as this keeper sees them at the head. Public. */
export type EpochsSeen = {
  /** The newest open one; 0 while there is none. */
  readonly current: number;
  /** Undefined while none is proposed. */
  readonly proposed: (ProposedEpoch & { readonly isOwnKeyPosted: boolean; readonly isVetoed: boolean }) | undefined;
  /** By this keeper's operator; undefined: the file of vetoes cannot be read, and that counts as a veto of all. */
  readonly vetoed: readonly number[] | undefined;
  /**
   * The newest epoch, where the operator's delay holds this keeper's shares back from it when it opens or is open already: a reshare before `until`
   * goes without this keeper's dealing. `until`: ms since 1970 by this keeper's clock.
   */
  readonly dealsLater: { readonly epoch: number; readonly until: number } | undefined;
};

/** What may come: for status and metrics. */
export type EpochOutlook = {
  /** Throws ChainUnavailableError. */
  readonly refresh: (heads: Heads) => Promise<void>;
  readonly seen: () => EpochsSeen;
};

export const createEpochOutlook = (options: {
  readonly vault: Pick<Vault, "epochProposals">;
  readonly reader: ChainReader;
  readonly clock: Pick<Clock, "now">;
  readonly minDelaySeconds: number;
  readonly dataDirectory: string;
  /** This keeper's slot now; 0 while it has none. */
  readonly slot: () => number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "epochVetoed">;
}): EpochOutlook => {
  const { reader, dataDirectory, metrics, clock, log } = options;
  let seen: EpochsSeen = { current: 0, proposed: undefined, vetoed: [], dealsLater: undefined };

  /** An open epoch counts as it is; a proposed one where it may open before the delay is over. */
  const laterThan = async (epoch: number, candidates: bigint, opensAt: bigint | undefined): Promise<EpochsSeen["dealsLater"]> => {
    const until = await dealsFrom(options, { epoch, candidates });
    const isOver = clock.now() >= until || (opensAt !== undefined && BigInt(until) <= opensAt * 1000n);
    return isOver ? undefined : { epoch, until };
  };
  const noteLater = (later: EpochsSeen["dealsLater"]): void => {
    const before = seen.dealsLater;
    if (later !== undefined && (later.epoch !== before?.epoch || later.until !== before.until))
      log.warn("This keeper deals into the newest epoch only later: a reshare that is asked for before goes without its dealing", {
        epoch: later.epoch,
        until: new Date(later.until).toISOString(),
        because: "[epochs] minDelaySeconds",
      });
    if (later === undefined && before !== undefined) log.info("The operator's delay is over for the newest epoch", { epoch: before.epoch });
  };

  return {
    refresh: async ({ head }) => {
      const at = reader.at(head.hash);
      const [current, last, vetoed] = await Promise.all([at.currentEpoch(), at.lastEpoch(), knownVetoes(dataDirectory)]);
      const isVetoed = (epoch: number): boolean => vetoed === undefined || vetoed.includes(epoch);
      const isPending = last > current && (await at.epochStatusOf(last)) === "Proposed";
      const proposal = isPending ? await readProposal(at, last) : undefined;
      const slot = options.slot();
      const isOwnKeyPosted = proposal !== undefined && slot !== 0 && (await at.epochKeyOf(last, slot)) !== undefined;
      const newest = proposal?.epoch ?? current;
      const candidates = proposal === undefined ? await candidatesAt(at, current) : bitmapOf(proposal.candidates);
      const dealsLater = newest === 0 ? undefined : await laterThan(newest, candidates, proposal?.opensAt);
      noteLater(dealsLater);
      seen = { current, vetoed, dealsLater, proposed: proposal && { ...proposal, isOwnKeyPosted, isVetoed: isVetoed(last) } };
      metrics.epochVetoed.set(isVetoed(proposal?.epoch ?? current) ? 1 : 0);
    },
    seen: () => seen,
  };
};

const candidatesAt = async (at: ContractsAt, epoch: number): Promise<bigint> => (epoch === 0 ? 0n : at.candidatesOf(epoch));
