import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { toXY } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";

/**
 * Whether the encryption keys of an epoch's members are those that this keeper mirrored when they were posted. A share is dealt to these keys, and the
 * operator's delay is about candidates: a majority of its providers that lies for a moment could leave a known epoch's candidates as they are, and name
 * keys of its own. What the mirror has as final, such a moment does not change (attacks 10, 50).
 */
export const wereSeenPosted = async (
  { vault, contracts }: { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts },
  { epoch, members }: { readonly epoch: number; readonly members: readonly Pick<CommitteeMember, "slot" | "encryptionKey">[] },
): Promise<boolean> => {
  const topic1 = `0x${epoch.toString(16).padStart(64, "0")}`;
  const logs = await vault.logs.find({ address: contracts.addresses.keeperRegistry, topic0: eventTopic("EpochKeyPosted"), topic1 });
  const posted = logs.flatMap((log) => parseContractLogOf(contracts.deployment, log, "EpochKeyPosted") ?? []);
  return members.every(({ slot, encryptionKey }) => {
    const { x, y } = toXY(encryptionKey);
    const own = posted.filter(({ args }) => Number(args.slot) === slot); // the registry takes one key of a keeper
    return own.length > 0 && own.every(({ args }) => args.encryptionKey.x === x && args.encryptionKey.y === y);
  });
};
