import { command } from "../command.ts";
import { handOver } from "../epoch/handOver.ts";
import { changedMembers } from "../epoch/members.ts";
import { parseSlot, readNames } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { admitUnlessThere } from "./admit.ts";
import { readHeldKeys } from "./heldKeys.ts";
import { type KeeperArguments, readKeeperRecord } from "./readKeeperFile.ts";
import { removeKeeper } from "./removeKeeper.ts";
import { parseReshareOptions, type ReshareArguments } from "./reshareArguments.ts";
import { describeServerKeys } from "./serverKeys.ts";

/** Puts a keeper in another's place: admits it, opens an epoch with it and without the other, moves every key there, removes the other. */
export default command<ReshareArguments & KeeperArguments & { readonly slot: string; readonly by: string | undefined }>(
  async (args, context) => {
    const { terminal } = context;
    const options = parseReshareOptions(args);
    const slot = parseSlot(args.slot);
    const { keeperRegistry } = await context.contracts();
    if ((await keeperRegistry.keeperAt(slot)).slot === 0n)
      throw new UsageError(`No keeper was ever at slot ${slot}: npx hardhat keyquorum keepers list`);
    const successor =
      args.by === undefined ? await admitUnlessThere(context, await readKeeperRecord(args.from, args)) : { slot: parseSlot(args.by) };
    const names = await readNames(context);
    if (successor.slot === slot || !names.staying.includes(successor.slot))
      throw new UsageError(`The keeper at slot ${successor.slot} cannot take that place: it was removed, is unknown, or is the same one.`);
    terminal.progress(`${names.of(successor.slot)} takes the place of ${names.of(slot)}`);
    const members = await changedMembers(context, names, { adding: [successor.slot], dropping: [slot] });
    const reshared = await handOver(context, { ...options, members });
    const removed = await removeKeeper(context, slot);
    terminal.print(
      `The keeper at slot ${successor.slot} serves in place of the one at slot ${slot}, which no longer holds a share in use.`,
    );
    terminal.print(describeServerKeys(slot));
    return { ...successor, replaced: { ...removed, keysHeld: await readHeldKeys(context, slot) }, reshared };
  },
);
