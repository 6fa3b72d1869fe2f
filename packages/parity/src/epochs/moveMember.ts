import type { ServerKeyProposal, ShownDealing } from "@keyquorum/protocol";
import type { LeftKey } from "../records/leftKeys.ts";
import type { Moved, OfferAnswer, OfferAsk, RedealAsk } from "./moveMessages.ts";

/** Whether this keeper has, or has had, a share of the key: then it was let in by its rules before. */
export type Admitted = { readonly isKnown: boolean };

/** What this keeper does when other members move keys. All throw KeyquorumError with the code of the refusal. PROTOCOL section 8.6. */
export type MoveMember = {
  /** As a member that gets a share: whether the key is what its proposal says. */
  readonly admit: (proposal: ServerKeyProposal) => Promise<Admitted>;
  /** As a member that has one: deals it, where the operator consents. */
  readonly redeal: (ask: RedealAsk, from: number) => Promise<ShownDealing>;
  /** As a member that leaves: every new member has said that it has its share. Throws ACCESS_DENIED while the operator withholds from their epoch. */
  readonly learn: (moved: Moved) => Promise<void>;
  /** Takes keys into use again that it left for an epoch from which the operator now withholds. Those that it did. */
  readonly takeBack: (left: readonly LeftKey[]) => Promise<readonly LeftKey[]>;
  readonly offer: (ask: OfferAsk) => Promise<OfferAnswer>;
};
