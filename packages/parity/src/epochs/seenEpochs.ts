import type { ExtensionServices, Withheld } from "@keyquorum/keeper";
import type { SeenEpoch } from "../proofs/serverKeyProof.ts";
import { type EpochMembers, membersOf } from "../retrieval/membership.ts";

type Services = Pick<ExtensionServices, "chain" | "members" | "epochs">;

/** An epoch as the newest look at the chain has it, with who is absent from it. */
export const seeEpoch = async (services: Omit<Services, "epochs">, epoch: number): Promise<SeenEpoch & EpochMembers> => {
  const heads = await services.chain.look();
  const [members, absent] = await Promise.all([membersOf(services, epoch, heads), services.members.absent(epoch, heads)]);
  return { ...members, slots: members.members.map(({ slot }) => slot), absent };
};

/** Why a share is not given up for an epoch; undefined: it may be. That it is low in threshold counts where a share is dealt. */
export const withheldFromEpoch = async (
  services: Services,
  epoch: number,
  { heads, members }: Pick<EpochMembers, "heads" | "members">,
): Promise<Withheld | undefined> => {
  const isOpen = members.length > 0 && (await services.members.epochAt(heads.final)) >= epoch;
  if (!isOpen) return { reason: "NOT_FINAL", why: "The epoch is not final." };
  return services.epochs.withheldFrom({ epoch, threshold: Number.MAX_SAFE_INTEGER, members }, heads);
};
