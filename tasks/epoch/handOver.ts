import type { TaskContext } from "../context.ts";
import { fittingThreshold } from "../key/reshareKey.ts";
import { printReshared, type ResharedKeys, reshareKeys } from "../key/reshareKeys.ts";
import { readCurrent } from "./members.ts";
import { openEpoch, readNewestEpoch } from "./openEpoch.ts";

/** How keys are reshared, as it is typed. */
export type HandOverOptions = {
  readonly threshold?: number | undefined;
  readonly atOnce: number;
  readonly retries: number;
};

/**
 * Opens an epoch with these members and moves every key to it. Goes on where an earlier run stopped: an epoch that is open or proposed with these
 * members is used, unless it must be a fresh one, and keys that have moved are left alone.
 * Throws UsageError (before anything is changed, where a threshold does not fit), ReshareFailedError.
 */
export const handOver = async (
  context: TaskContext,
  options: HandOverOptions & {
    /** Slots, ascending. */
    readonly members: readonly number[];
    /** The epoch that is open now does not do, although its members are these. */
    readonly isFresh?: boolean;
  },
): Promise<ResharedKeys> => {
  const { members, isFresh = false } = options;
  const { signal, terminal } = context;
  const client = await context.client({ signs: false });
  const [current, newest] = await Promise.all([readCurrent(context), readNewestEpoch(context)]);
  const keyIds = await client.keys({ signal });
  for (const keyId of keyIds) {
    const [now] = await client.keyEpochs(keyId, { signal });
    if (now !== undefined) fittingThreshold(options.threshold ?? now.threshold, { epoch: current.epoch + 1, members });
  }
  const isThere = !isFresh && newest?.status !== "Proposed" && current.members.join() === members.join();
  if (isThere) terminal.progress(`Epoch ${current.epoch} is open with these keepers already`);
  else await openEpoch(context, { members: members.join(","), waitsForAll: true });
  const reshared = await reshareKeys(context, { ...options, keyIds });
  printReshared(context, reshared);
  return reshared;
};
