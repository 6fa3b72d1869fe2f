import type { KeyId } from "@keyquorum/wire";

/** A proposal of an epoch: the same number with other candidates is another one. `candidates`: bit `slot` is set for each. */
export type EpochProposal = { readonly epoch: number; readonly candidates: bigint };

export type EpochProposalStore = {
  /** When a proposal was first seen, in ms by the vault's clock: now, where it never was. No later sight moves it. */
  see(proposal: EpochProposal): Promise<number>;
  /** Forgets the first sights of all other proposals; answers with how many. Seen again, they are new. */
  keepOnly(proposals: readonly EpochProposal[]): Promise<number>;
};

/** What the chain says is over: shares of a key in an epoch, or, without a key, the epoch's encryption secret. */
export type Departure = { readonly keyId?: KeyId; readonly epoch: number };

/** Since when, by this keeper's own clock, the chain has said without a break that secrets are over. */
export type DepartureStore = {
  /**
   * Notes everything that is over now, and answers with since when each has been, in ms by the vault's clock, in the same order: now, where it was not
   * noted before, or last so long ago that nobody knows what the chain said meanwhile. What is not named any more is forgotten, and starts again.
   */
  see(all: readonly Departure[], limits: { readonly maxGapMilliseconds: number }): Promise<readonly number[]>;
};
