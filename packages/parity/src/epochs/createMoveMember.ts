import type { ExtensionServices } from "@keyquorum/keeper";
import { movedRowName, type ServerKeyMember } from "@keyquorum/protocol";
import { hexToBytes } from "@keyquorum/wire";
import type { BoardMembers } from "../board/boardMembers.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createAdmitMoved } from "./admitMoved.ts";
import { isProved, type KeyEvidence, readEvidence } from "./evidence.ts";
import { createLeaving } from "./leaving.ts";
import type { MoveMember } from "./moveMember.ts";
import type { OfferAsk } from "./moveMessages.ts";
import { wrong } from "./moveProposal.ts";
import { createRedealing } from "./redealing.ts";
import { seeEpoch } from "./seenEpochs.ts";

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
