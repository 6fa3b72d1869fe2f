import { command } from "../command.ts";
import { handOver } from "../epoch/handOver.ts";
import { changedMembers } from "../epoch/members.ts";
import { parseSlot, readNames } from "../slots.ts";
import { readHeldKeys, warnOfHeldKeys } from "./heldKeys.ts";
import { removeKeeper } from "./removeKeeper.ts";
import { parseReshareOptions, type ReshareArguments } from "./reshareArguments.ts";

/** Removes a keeper from all later epochs; with --reshare, makes its shares worthless as well. D-49. */
export default command<ReshareArguments & { readonly slot: string; readonly reshare: boolean }>(async (args, context) => {
  const { terminal } = context;
  const slot = parseSlot(args.slot);
  const removed = await removeKeeper(context, slot);
  terminal.print(
    removed.transaction === null
      ? `The keeper at slot ${slot} was removed already.`
      : `The keeper at slot ${slot} is removed: it is in no epoch that opens from now on, and its answers on chain count no more.`,
  );
  const held = await readHeldKeys(context, slot);
  if (!args.reshare) {
    warnOfHeldKeys(context, slot, held);
    if (held.length > 0) terminal.print(`Take them away: npx hardhat keyquorum keepers remove ${slot} --reshare`);
    return { ...removed, keysHeld: held };
  }
  const members = await changedMembers(context, await readNames(context), {});
  const reshared = held.length === 0 ? undefined : await handOver(context, { ...parseReshareOptions(args), members });
  terminal.print(`The keeper at slot ${slot} holds no share that is in use. Its old ones open nothing together with new ones.`);
  return { ...removed, keysHeld: await readHeldKeys(context, slot), reshared: reshared ?? null };
});
