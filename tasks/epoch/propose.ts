import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { readNames } from "../slots.ts";
import { describeChange, type MemberOptions, readCurrent } from "./members.ts";
import { proposeEpoch } from "./openEpoch.ts";

/** Proposes the next epoch; running keepers then post their encryption keys by themselves. */
export default command<CommonArguments & MemberOptions>(async ({ members, without }, context) => {
  const proposed = await proposeEpoch(context, { members, without });
  const [names, current] = await Promise.all([readNames(context), readCurrent(context)]);
  const { terminal } = context;
  terminal.print(`Epoch ${proposed.epoch} is proposed with ${names.list(proposed.candidates)}.`);
  if (current.epoch > 0) terminal.print(`Against epoch ${current.epoch}, ${describeChange(current.members, proposed.candidates, names)}.`);
  terminal.print("Running keepers post their encryption keys automatically. An operator who objects must do so before it opens.");
  terminal.print(`From ${new Date(proposed.opensAt * 1000).toISOString()} on: npx hardhat keyquorum epoch open`);
  return proposed;
});
