import type { ExtensionServices } from "@keyquorum/keeper";
import { encodePoint64 } from "../formats/point64.ts";
import type { NodeSet, ServerSets } from "../keyServer/serversSet.ts";
import { neededEpochs } from "../records/neededEpochs.ts";
import type { BoardMembers } from "./boardMembers.ts";

/** The nodes as an administrator of Parity's names them: by identity keys. Throws ChainUnavailableError, and what `present` throws. */
export const readServerSets = async (
  services: Pick<ExtensionServices, "chain" | "members" | "table">,
  present: BoardMembers["present"],
): Promise<ServerSets> => {
  const heads = await services.chain.look();
  const { epoch, slots } = await present();
  const nodesOf = async (one: number): Promise<NodeSet> =>
    (await services.members.of(one, heads))
      .filter(({ slot }) => one !== epoch || slots.includes(slot))
      .map(({ identityKey }) => encodePoint64(identityKey));
  const epochs = (await neededEpochs(services)).filter((one) => one !== epoch);
  return { open: await nodesOf(epoch), known: await Promise.all(epochs.map(nodesOf)) };
};
