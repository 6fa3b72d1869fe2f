import { command } from "../command.ts";
import { openEpoch } from "../epoch/openEpoch.ts";
import type { CommonArguments } from "../options.ts";
import { admitKeeper } from "./admit.ts";
import { type KeeperArguments, readKeeperRecord } from "./readKeeperFile.ts";

/** Admits a keeper. It takes part from the next epoch on. */
export default command<CommonArguments & KeeperArguments & { readonly openEpoch: boolean }>(async (args, context) => {
  const admitted = await admitKeeper(context, await readKeeperRecord(args.from, args));
  if (!args.openEpoch) {
    context.terminal.print("It takes part from the next epoch on. When all keepers are admitted and run: npx hardhat keyquorum epoch open");
  }
  const epoch = args.openEpoch ? await openEpoch(context, { waitsForAll: true }) : undefined;
  return { ...admitted, ...(epoch === undefined ? {} : { epoch }) };
});
