import { slotsOf } from "@keyquorum/wire";
import type { ContractsAt } from "../contracts/chainReader.ts";
import type { Logger } from "../report/logger.ts";

/** An epoch that was proposed and is neither open nor cancelled. Public. */
export type ProposedEpoch = {
  readonly epoch: number;
  /** In seconds of block time: it may not open earlier. */
  readonly opensAt: bigint;
  readonly candidates: readonly number[];
  /** Candidates that are not members of the current epoch, and members that are not candidates. */
  readonly joining: readonly number[];
  readonly leaving: readonly number[];
};

/** Reads a proposal against the current epoch. Undefined when the epoch was never proposed. Throws ChainUnavailableError. */
export const readProposal = async (at: ContractsAt, epoch: number): Promise<ProposedEpoch | undefined> => {
  const [proposal, candidates, current] = await Promise.all([at.proposalOf(epoch), at.candidatesOf(epoch), at.currentEpoch()]);
  if (proposal === undefined) return undefined;
  const members = current === 0 ? 0n : await at.membersOf(current);
  return {
    epoch,
    opensAt: proposal.opensAt,
    candidates: slotsOf(candidates),
    joining: slotsOf(candidates & ~members),
    leaving: slotsOf(members & ~candidates),
  };
};

/** Tells the operator who may come and go, when the epoch may open, and how to veto it (D41). */
export const announceEpoch = (log: Logger, { epoch, opensAt, candidates, joining, leaving }: ProposedEpoch): void =>
  log.info("An epoch is announced; this keeper deals its shares into it unless its operator vetoes", {
    epoch,
    opensAt: new Date(Number(opensAt) * 1000).toISOString(),
    candidates,
    joining,
    leaving,
    toVeto: `keyquorum-keeper veto --epoch ${epoch}`,
  });
