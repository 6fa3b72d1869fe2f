import type { ExtensionServices } from "@keyquorum/keeper";
import { type EpochMembers, membersOf } from "../retrieval/membership.ts";

/** Epochs that others name, before anybody knows who they are. */
export type AskedEpochs = {
  /** Undefined: no such epoch is open. Throws ChainUnavailableError, KeyquorumError FINALITY_BROKEN. */
  readonly membersOf: (epoch: number) => Promise<EpochMembers | undefined>;
};

/**
 * Whatever epochs strangers name, the chain is asked once a block which is the newest, and once a block for each older one that never opened. Epochs that
 * are open are remembered elsewhere.
 */
export const createAskedEpochs = (services: Pick<ExtensionServices, "chain" | "members">): AskedEpochs => {
  let last: { readonly hash: string; readonly newest: Promise<number>; readonly empty: Set<number> } | undefined;
  return {
    membersOf: async (epoch) => {
      const heads = services.chain.seen() ?? (await services.chain.look());
      const { hash } = heads.head;
      const now = last?.hash === hash ? last : { hash, newest: services.members.epochAt(heads.head), empty: new Set<number>() };
      last = now;
      const newest = await now.newest.catch((error: unknown) => {
        if (last === now) last = undefined; // a chain that did not answer said nothing
        throw error;
      });
      if (epoch > newest || now.empty.has(epoch)) return undefined;
      const known = await membersOf(services, epoch, heads);
      if (known.members.length > 0) return known;
      now.empty.add(epoch);
      return undefined;
    },
  };
};
