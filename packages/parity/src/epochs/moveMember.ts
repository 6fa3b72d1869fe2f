import type { ExtensionServices } from "@keyquorum/keeper";
import { movedRowName, type ServerKeyMember, type ServerKeyProposal, type ShownDealing } from "@keyquorum/protocol";
import { hexToBytes } from "@keyquorum/wire";
import type { BoardMembers } from "../board/boardMembers.ts";
import type { LeftKey } from "../records/leftKeys.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createAdmitMoved } from "./admitMoved.ts";
import { isProved, type KeyEvidence, readEvidence } from "./evidence.ts";
import { createLeaving } from "./leaving.ts";
import type { Moved, OfferAnswer, OfferAsk, RedealAsk } from "./moveMessages.ts";
import { wrong } from "./moveProposal.ts";
import { createRedealing } from "./redealing.ts";
import { seeEpoch } from "./seenEpochs.ts";

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

type Options = {
  readonly services: Pick<ExtensionServices, "chain" | "members" | "epochs" | "random" | "transaction" | "clock">;
  readonly records: ServerKeyRecords;
  readonly rowOf: ServerKeyMember["rowOf"];
  readonly assertCurrent: BoardMembers["assertCurrent"];
  /** Keys that others show, which are to be moved. */
  readonly onOffered: (ask: OfferAsk, evidence: KeyEvidence) => void;
};

export const createMoveMember = ({ onOffered, ...options }: Options): MoveMember => {
  const { services, records, rowOf } = options;
  return {
    ...createLeaving(options),
    admit: createAdmitMoved(services, records),
    redeal: createRedealing(options),
    offer: async (ask) => {
      const row = await rowOf(movedRowName(ask.serverKeyId, ask.toEpoch));
      if (row?.stage === "generated" && row.proposal.moved !== undefined) {
        const { proposal, sid, key, confirmations } = row;
        return { moved: { proposal, sid, confirmations, commitmentsHash: key.commitmentsHash, verifyingRoot: key.verifyingRoot } };
      }
      const evidence = readEvidence(ask.about);
      if (evidence === undefined || evidence.epoch !== ask.epoch) throw wrong("It shows no key.");
      if (!(await isProved(hexToBytes(ask.serverKeyId, 32), evidence, (epoch) => seeEpoch(services, epoch))))
        throw wrong("Not every member of its epoch confirmed the key.");
      onOffered(ask, evidence);
      return {};
    },
  };
};
