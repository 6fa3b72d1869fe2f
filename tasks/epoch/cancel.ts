import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";
import { readNewestEpoch } from "./openEpoch.ts";

/** Cancels the proposed epoch, so that it never opens. */
export default command<CommonArguments>(async (_, context) => {
  const known = await readNewestEpoch(context);
  if (known?.status !== "Proposed")
    throw new UsageError("No epoch is proposed, so there is nothing to cancel: npx hardhat keyquorum epoch status");
  const { contracts } = await context.signing();
  const receipt = await context.transact(contracts.keeperRegistry.cancelEpoch(known.epoch));
  context.terminal.print(`Epoch ${known.epoch} is cancelled: it never opens. Nothing else has changed.`);
  return { epoch: known.epoch, transaction: receipt.hash, gasUsed: receipt.gasUsed };
});
