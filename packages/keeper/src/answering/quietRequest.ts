import type { Heads } from "@keyquorum/chain";

/** In seconds of block time: until when answers are taken, and until when wrong ones can be challenged. */
type Times = { readonly deadline: bigint; readonly end: bigint };

/** A request of which there was nothing to do: as it was seen, and until when that holds if nothing comes. */
export type Quiet = Times & { readonly seen: string; readonly phase: string; readonly again: bigint };

export const isQuiet = (quiet: Quiet | undefined, seen: string, heads: Heads): boolean =>
  quiet !== undefined && quiet.seen === seen && BigInt(heads.head.timestamp) < quiet.again && quiet.phase === phaseAt(quiet, heads);

/** Which of the times that change what is to be done have passed, at the head and finally. */
export const phaseAt = ({ deadline, end }: Times, { head, final }: Heads): string =>
  [head, final].map(({ timestamp }) => [deadline, end].filter((time) => BigInt(timestamp) > time).length).join();
