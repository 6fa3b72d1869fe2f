import { decodeContractError } from "@keyquorum/bindings";
import type { TaskContext } from "../context.ts";
import { counted } from "../slots.ts";
import { UsageError } from "../usageError.ts";

/** Removing this keeper would leave a key without enough keepers: the contract refuses it. */
export class QuorumInDangerError extends Error {
  override readonly name = "QuorumInDangerError";
  readonly code = "QUORUM_IN_DANGER";
  readonly details: { readonly epoch: number; readonly left: number; readonly needed: number };

  constructor(slot: number, { epoch, left, needed }: QuorumInDangerError["details"], cause: unknown) {
    super(
      `The keeper at slot ${slot} cannot be removed yet: a key of epoch ${epoch} needs ${counted(needed, "keeper")}, and ${left} would be left. Hand its keys over first, then it is removed in the same go: npx hardhat keyquorum keepers leave ${slot}, or with a successor: npx hardhat keyquorum keepers replace ${slot} --from keeper.json --endpoint https://...`,
      { cause },
    );
    this.details = { epoch, left, needed };
  }
}

/** Removes a keeper unless it was removed already. Throws UsageError, QuorumInDangerError; what the contract refuses with otherwise. */
export const removeKeeper = async (
  context: TaskContext,
  slot: number,
): Promise<{ readonly slot: number; readonly transaction: string | null; readonly gasUsed: bigint }> => {
  const { contracts } = await context.signing();
  const known = await contracts.keeperRegistry.keeperAt(slot);
  if (known.slot === 0n) throw new UsageError(`No keeper was ever at slot ${slot}: npx hardhat keyquorum keepers list`);
  if (known.removed) return { slot, transaction: null, gasUsed: 0n };
  try {
    const receipt = await context.transact(contracts.keeperRegistry.removeKeeper(slot));
    return { slot, transaction: receipt.hash, gasUsed: receipt.gasUsed };
  } catch (error) {
    const decoded = decodeContractError(error);
    if (decoded?.name !== "KeyGenerationQuorumInDanger") throw error;
    const [epoch, left, needed] = decoded.args.map(Number) as [number, number, number]; // by the error's definition
    throw new QuorumInDangerError(slot, { epoch, left, needed }, error);
  }
};
