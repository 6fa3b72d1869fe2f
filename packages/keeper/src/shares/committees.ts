import type { Heads } from "@keyquorum/chain";
import type { ChainReader, CommitteeMember } from "../contracts/chainReader.ts";

/** Members of open epochs, by ascending slot; none while an epoch is not open at the head. */
export type Committees = {
  readonly of: (epoch: number, heads: Heads) => Promise<readonly CommitteeMember[]>;
  /** The members of an epoch that is open finally and was asked for before; asks no chain. */
  readonly known: (epoch: number) => readonly CommitteeMember[] | undefined;
};

/** In seconds of block time. */
const BELIEVED = 600;

/**
 * An epoch that is open finally never changes, but what one moment's providers said of it is not believed forever: it is asked for again every ten
 * minutes. Throws ChainUnavailableError.
 */
export const createCommittees = ({ reader }: { readonly reader: ChainReader }): Committees => {
  const known = new Map<number, { readonly members: readonly CommitteeMember[]; readonly at: number }>();
  return {
    of: async (epoch, { head, final }) => {
      const remembered = known.get(epoch);
      if (remembered !== undefined && Math.abs(final.timestamp - remembered.at) < BELIEVED) return remembered.members;
      const members = await reader.at(final.hash).committeeOf(epoch);
      if (members.length === 0) known.delete(epoch);
      if (members.length === 0) return final.hash === head.hash ? members : reader.at(head.hash).committeeOf(epoch);
      known.set(epoch, { members, at: final.timestamp });
      return members;
    },
    known: (epoch) => known.get(epoch)?.members,
  };
};
