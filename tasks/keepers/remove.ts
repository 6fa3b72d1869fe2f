import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";

/** Removes a keeper from all later epochs. D-49. */
export default command<CommonArguments & { readonly slot: string }>(async (args, context) => {
  const { terminal } = context;
  const slot = Number(args.slot);
  if (!Number.isSafeInteger(slot) || slot < 1 || slot > 255)
    throw new UsageError("The slot is a number from 1 to 255: npx hardhat keyquorum keepers list");
  const { contracts } = await context.signing();
  const receipt = await context.transact(contracts.keeperRegistry.removeKeeper(slot));
  terminal.print(`The keeper at slot ${slot} is removed: it is in no epoch that opens from now on.`);
  terminal.warn(
    "its share is not taken away. It still holds a share of every key that it took part in, and still counts for those keys, until each of them has been reshared in a later epoch.",
  );
  return { slot, transaction: receipt.hash, gasUsed: receipt.gasUsed };
});
