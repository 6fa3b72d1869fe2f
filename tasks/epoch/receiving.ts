import type { TaskContext } from "../context.ts";
import { type Names, readNames } from "../slots.ts";

/** The epoch that is open, as one that shares are dealt into. Public. */
export type ReceivingEpoch = {
  /** 0 while none is open. */
  readonly epoch: number;
  /** Its members that were removed since: as long as there is one, no key is made in it and none is reshared to it. Ascending. D-56. */
  readonly removed: readonly number[];
  /** Seconds from a proposal to the epoch's opening, at least. */
  readonly minEpochDelay: number;
};

export const readReceivingEpoch = async (context: TaskContext): Promise<ReceivingEpoch> => {
  const { keeperRegistry } = await context.contracts();
  const [epoch, minEpochDelay] = (await Promise.all([keeperRegistry.currentEpoch(), keeperRegistry.minEpochDelay()])).map(Number) as [
    number,
    number,
  ]; // two in, two out
  const found = epoch === 0 ? undefined : await (await context.client({ signs: false })).epoch(epoch, { signal: context.signal });
  return { epoch, removed: found?.removed ?? [], minEpochDelay };
};

/** The epoch that is open has removed members, and what was asked for would give them a share. */
export class NextEpochNeededError extends Error {
  override readonly name = "NextEpochNeededError";
  readonly code = "NEXT_EPOCH_NEEDED";
  readonly details: ReceivingEpoch;

  constructor(found: ReceivingEpoch, names: Names) {
    super(
      `${whoIsGone(found, names)} Open an epoch without ${found.removed.length === 1 ? "it" : "them"} first: npx hardhat keyquorum epoch propose, then epoch open. ${describeWait(found)}`,
    );
    this.details = found;
  }
}

/** Throws NextEpochNeededError where a share would go to a removed keeper. The contract refuses it too, in fewer words. */
export const assertReceiving = async (context: TaskContext): Promise<void> => {
  const found = await readReceivingEpoch(context);
  if (found.removed.length > 0) throw new NextEpochNeededError(found, await readNames(context));
};

/** Why the epoch that is open takes no keys. */
export const whoIsGone = ({ epoch, removed }: ReceivingEpoch, names: Names): string =>
  `Epoch ${epoch} has ${removed.length === 1 ? "a member that was removed" : "members that were removed"}: ${names.list(removed)}. No key is made in it, and none is reshared to it, because a removed keeper would get a share.`;

/** How long it takes, what continues meanwhile and what does not. */
export const describeWait = ({ minEpochDelay }: ReceivingEpoch): string =>
  `An epoch opens ${minEpochDelay === 0 ? "as soon as its keepers have posted their keys" : `${inWords(minEpochDelay)} after it was proposed, at the earliest`}; until then reading continues, and new keys, reshares and refreshes wait.`;

const UNITS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** "2 days", "36 hours": in the largest unit that gives a whole number. */
export const inWords = (seconds: number): string => {
  const [length, unit] = UNITS.find(([size]) => seconds % size === 0) ?? [1, "second"];
  const count = seconds / length;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
};
