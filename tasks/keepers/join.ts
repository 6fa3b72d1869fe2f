import { command } from "../command.ts";
import { handOver } from "../epoch/handOver.ts";
import { changedMembers } from "../epoch/members.ts";
import { readNames } from "../slots.ts";
import { admitUnlessThere } from "./admit.ts";
import { type KeeperArguments, readKeeperRecord } from "./readKeeperFile.ts";
import { parseReshareOptions, type ReshareArguments } from "./reshareArguments.ts";

/** Brings a keeper in, or all that were admitted and wait: opens an epoch with them, and moves every key there, so that they hold shares. */
export default command<ReshareArguments & KeeperArguments>(async (args, context) => {
  const options = parseReshareOptions(args);
  const isNamed = args.from !== undefined || args.operator !== undefined;
  const admitted = isNamed ? await admitUnlessThere(context, await readKeeperRecord(args.from, args)) : undefined;
  const names = await readNames(context);
  const members = admitted === undefined ? names.staying : await changedMembers(context, names, { adding: [admitted.slot] });
  const reshared = await handOver(context, { ...options, members });
  context.terminal.print(
    `${admitted === undefined ? "All keepers that are admitted serve" : `The keeper at slot ${admitted.slot} serves`}: npx hardhat keyquorum epoch status`,
  );
  return { ...admitted, reshared };
});
