import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { proposeEpoch } from "./openEpoch.ts";

/** Proposes the next epoch; running keepers then post their encryption keys by themselves. */
export default command<CommonArguments>(async (_, context) => {
  const proposed = await proposeEpoch(context);
  context.terminal.print(`Epoch ${proposed.epoch} is proposed. Keepers that run post their encryption keys by themselves.`);
  context.terminal.print(`From ${new Date(proposed.opensAt * 1000).toISOString()} on: npx hardhat keyquorum epoch open`);
  return proposed;
});
