import { movedRowName, type ServerKeyMember, type ServerKeyProposal } from "@keyquorum/protocol";
import { readEvidence } from "./evidence.ts";
import { MOVE_MESSAGES } from "./moveMessages.ts";
import { type AskingServices, askMove } from "./moveQuestions.ts";

/**
 * Tells the members that a key has left, and that are not in its new epoch, that all new members have it: those that stay heard it in the session. By
 * whoever ended that. Who cannot be reached now asks later, unless it was removed: a removed keeper asks nothing.
 */
export const createTellLeaving =
  (services: AskingServices, rowOf: ServerKeyMember["rowOf"]): ((proposal: ServerKeyProposal) => Promise<void>) =>
  async ({ serverKeyId, epoch, moved }) => {
    const row = await rowOf(movedRowName(serverKeyId, epoch));
    const before = moved === undefined ? undefined : readEvidence(moved.about);
    if (row?.stage !== "generated" || before === undefined) return;
    const { proposal, sid, key, confirmations } = row;
    const ask = { proposal, sid, confirmations, commitmentsHash: key.commitmentsHash, verifyingRoot: key.verifyingRoot };
    const leaving = before.members.filter((slot) => !proposal.members.includes(slot));
    await Promise.allSettled(leaving.map((to) => askMove(services, "moved", MOVE_MESSAGES.moved, ask, { epoch, to })));
  };
