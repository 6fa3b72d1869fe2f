import { command } from "../command.ts";
import { handOver } from "../epoch/handOver.ts";
import { changedMembers } from "../epoch/members.ts";
import { describeWait, readReceivingEpoch, whoIsGone } from "../epoch/receiving.ts";
import { parseSlot, readNames } from "../slots.ts";
import { readHeldKeys, warnOfHeldKeys } from "./heldKeys.ts";
import { removeKeeper } from "./removeKeeper.ts";
import { parseReshareOptions, type ReshareArguments } from "./reshareArguments.ts";
import { describeServerKeys } from "./serverKeys.ts";

/** Removes a keeper from all later epochs; with --reshare, makes its shares worthless as well. D-49. */
export default command<ReshareArguments & { readonly slot: string; readonly reshare: boolean }>(async (args, context) => {
  const { terminal } = context;
  const slot = parseSlot(args.slot);
  const removed = await removeKeeper(context, slot);
  terminal.print(
    removed.transaction === null
      ? `The keeper at slot ${slot} was removed already.`
      : `The keeper at slot ${slot} is removed: it is not in any later epoch, and its answers on chain no longer count.`,
  );
  const held = await readHeldKeys(context, slot);
  const names = await readNames(context);
  const receiving = await readReceivingEpoch(context);
  if (!args.reshare) {
    warnOfHeldKeys(context, slot, held);
    terminal.warn(describeServerKeys(slot));
    if (receiving.removed.length > 0) terminal.print(`${whoIsGone(receiving, names)} ${describeWait(receiving)}`);
    if (held.length > 0 || receiving.removed.length > 0)
      terminal.print(
        `${held.length > 0 ? "To make its shares useless and allow new keys" : "Let keys be made again"}: npx hardhat keyquorum keepers remove ${slot} --reshare`,
      );
    return { ...removed, keysHeld: held, receiving };
  }
  // An epoch is needed where the keeper holds no key, too: as long as it is a member of the one that is open, no key is made there.
  if (receiving.removed.length > 0) terminal.progress(`An epoch without it is needed. ${describeWait(receiving)}`);
  const members = await changedMembers(context, names, {});
  const isNeeded = held.length > 0 || receiving.removed.length > 0;
  const reshared = isNeeded ? await handOver(context, { ...parseReshareOptions(args), members }) : undefined;
  terminal.print(`The keeper at slot ${slot} no longer holds a share in use. Its old shares are useless together with new ones.`);
  terminal.print(describeServerKeys(slot));
  return {
    ...removed,
    keysHeld: await readHeldKeys(context, slot),
    receiving: await readReceivingEpoch(context),
    reshared: reshared ?? null,
  };
});
