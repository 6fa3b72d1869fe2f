import type { TaskContext } from "../context.ts";
import { handOver } from "../epoch/handOver.ts";
import { readCurrent } from "../epoch/members.ts";
import { readNewestEpoch } from "../epoch/openEpoch.ts";
import type { ResharedKeys } from "../key/reshareKeys.ts";
import { UsageError } from "../usageError.ts";
import { parseReshareOptions, type ReshareArguments } from "./reshareArguments.ts";

/**
 * A change of a keeper's record counts from the next proposal on. With --reshare, proposes and opens an epoch with the same members, and moves
 * every key there; without it, says what is left to do. Throws UsageError where an epoch was proposed before the change.
 */
export const finishChange = async (
  context: TaskContext,
  args: ReshareArguments & { readonly reshare: boolean },
  change: { readonly slot: number; readonly what: string; readonly isInEpoch: (epoch: number) => Promise<boolean> },
): Promise<{ readonly reshared: ResharedKeys | null }> => {
  const { slot, what, isInEpoch } = change;
  const { terminal } = context;
  const current = await readCurrent(context);
  const isMember = current.members.includes(slot);
  const isInUse = isMember && (await isInEpoch(current.epoch));
  if (!args.reshare) {
    if (isMember && !isInUse)
      terminal.print(
        `Epoch ${current.epoch} still uses the ${what} from its opening. To apply the change to the keys: npx hardhat keyquorum refresh`,
      );
    return { reshared: null };
  }
  const newest = await readNewestEpoch(context);
  if (newest?.status === "Proposed" && !isInUse)
    throw new UsageError(
      `Epoch ${newest.epoch} is proposed already, perhaps with the former ${what}. Cancel it (npx hardhat keyquorum epoch cancel), then run this again.`,
    );
  const removed = (await (await context.client({ signs: false })).epoch(current.epoch))?.removed ?? [];
  const members = current.members.filter((member) => !removed.includes(member));
  return { reshared: await handOver(context, { ...parseReshareOptions(args), members, isFresh: !isInUse }) };
};
