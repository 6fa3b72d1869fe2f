import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { VaultStores } from "@keyquorum/vault";
import type { ServedContracts } from "../contracts/deployment.ts";

/**
 * Forgets the first sight of each proposal that the mirror does not have: in the transaction in which a rollback deletes logs, and every few seconds,
 * because a call may have named a proposal that no log announced. Otherwise what providers showed for a moment would be known for long when they show
 * it again. PROTOCOL section 3.9, attack 50.
 */
export const createForgetTakenBack =
  (contracts: ServedContracts) =>
  async (tx: Pick<VaultStores, "logs" | "epochProposals">): Promise<void> => {
    const logs = await tx.logs.find({ address: contracts.addresses.keeperRegistry, topic0: eventTopic("EpochProposed") });
    const proposed = logs.flatMap((log) => parseContractLogOf(contracts.deployment, log, "EpochProposed") ?? []);
    await tx.epochProposals.keepOnly(proposed.map(({ args: { epoch, candidates } }) => ({ epoch: Number(epoch), candidates })));
  };
