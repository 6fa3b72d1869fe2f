import type { Heads } from "@keyquorum/chain";
import type { ChainReader, CommitteeMember } from "../contracts/chainReader.ts";

/** Members of open epochs, by ascending slot; none while an epoch is not open at the head. An epoch that is open finally never changes. */
export type Committees = {
  readonly of: (epoch: number, heads: Heads) => Promise<readonly CommitteeMember[]>;
  /** The members of an epoch that is open finally and was asked for before; asks no chain. */
  readonly known: (epoch: number) => readonly CommitteeMember[] | undefined;
};

/** Asks the chain once for each epoch. Throws ChainUnavailableError. */
export const createCommittees = ({ reader }: { readonly reader: ChainReader }): Committees => {
  const known = new Map<number, readonly CommitteeMember[]>();
  return {
    of: async (epoch, { head, final }) => {
      const remembered = known.get(epoch);
      if (remembered !== undefined) return remembered;
      const members = await reader.at(final.hash).committeeOf(epoch);
      if (members.length === 0) return final.hash === head.hash ? members : reader.at(head.hash).committeeOf(epoch);
      known.set(epoch, members);
      return members;
    },
    known: (epoch) => known.get(epoch),
  };
};
