import type { ExtensionServices } from "@keyquorum/keeper";
import {
  endSession,
  generateServerKey,
  type RowName,
  rowNameOf,
  ServerKeyFailure,
  type ServerKeyMember,
  type ServerKeyProposal,
} from "@keyquorum/protocol";
import type { Point } from "@keyquorum/threshold";
import type { BoardMembers } from "./boardMembers.ts";
import { askingPeer, createBudget } from "./questions.ts";

export type DealtBy = NonNullable<Parameters<typeof generateServerKey>[3]>;

/** Begins a session, or ends one that is bound. Throws ServerKeyFailure (BUSY where one about this id is under way), KeyquorumError. */
export type Drive = (proposal: ServerKeyProposal, work: "generate" | "end", dealtBy?: DealtBy) => Promise<Point>;

/**
 * What this keeper undertakes as coordinator, one undertaking about an id at a time.
 * @param patience milliseconds for the questions of one undertaking
 */
export const createDrive = (
  services: ExtensionServices,
  { own, contextOf, patience }: { readonly own: ServerKeyMember; readonly contextOf: BoardMembers["contextOf"]; readonly patience: number },
): Drive => {
  /** Ids that this keeper drives now. */
  const driving = new Set<RowName>();

  return async (proposal, work, dealtBy) => {
    const name = rowNameOf(proposal);
    if (driving.has(name)) throw new ServerKeyFailure("BUSY");
    driving.add(name);
    const budget = createBudget(services, patience);
    try {
      const context = await contextOf(proposal);
      const ports = { own, peer: (slot: number) => askingPeer(services, context, budget, slot) };
      return await (work === "generate" ? generateServerKey(ports, context, proposal, dealtBy) : endSession(ports, context, name));
    } finally {
      budget.end();
      driving.delete(name);
    }
  };
};
