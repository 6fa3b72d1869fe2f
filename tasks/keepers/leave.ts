import { command } from "../command.ts";
import { handOver } from "../epoch/handOver.ts";
import { changedMembers } from "../epoch/members.ts";
import { parseSlot, readNames } from "../slots.ts";
import { UsageError } from "../usageError.ts";
import { readHeldKeys } from "./heldKeys.ts";
import { removeKeeper } from "./removeKeeper.ts";
import { parseReshareOptions, type ReshareArguments } from "./reshareArguments.ts";
import { describeServerKeys } from "./serverKeys.ts";

/** Lets a keeper go in order: an epoch without it, every key moved there, and only then its removal. It answers until the end. */
export default command<ReshareArguments & { readonly slot: string }>(async (args, context) => {
  const { terminal } = context;
  const slot = parseSlot(args.slot);
  const names = await readNames(context);
  if (!names.staying.includes(slot))
    throw new UsageError(`There is no keeper at slot ${slot}, or it was removed: npx hardhat keyquorum keepers list`);
  const members = await changedMembers(context, names, { dropping: [slot] });
  terminal.progress(`The keepers at slots ${names.list(members)} take over from ${names.of(slot)}`);
  const reshared = await handOver(context, { ...parseReshareOptions(args), members });
  const removed = await removeKeeper(context, slot);
  const { requestLifetime } = await readLifetime(context);
  terminal.print(`The keeper at slot ${slot} has left: it no longer holds a share in use.`);
  terminal.print(
    `Its operator keeps it running for ${requestLifetime} s more, so that requests made before are served, and may then switch it off.`,
  );
  terminal.print(describeServerKeys(slot));
  return { ...removed, keysHeld: await readHeldKeys(context, slot), reshared };
});

/** Seconds for which requests made before the hand-over may still be served. */
const readLifetime = async (context: Parameters<typeof readNames>[0]): Promise<{ readonly requestLifetime: number }> => {
  const { shareRequests, optimisticRequests } = await context.contracts();
  const [verified, optimistic] = await Promise.all([shareRequests.requestLifetime(), optimisticRequests.requestLifetime()]);
  return { requestLifetime: Number(verified > optimistic ? verified : optimistic) };
};
