import { EPOCH_STATUSES, type EpochStatus, nameOfState } from "@keyquorum/bindings";
import { slotsOf } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { wholeNumber } from "../numbers.ts";

/** An epoch of the keeper set, as the head has it. Slots are ascending. All public. */
export type EpochInfo = {
  readonly epoch: number;
  readonly status: EpochStatus;
  /** When it may open: seconds of block time. */
  readonly opensAt: number;
  /** Who may be in it; fixed when it was proposed. */
  readonly candidates: readonly number[];
  /** Who is in it; empty until it is open. */
  readonly members: readonly number[];
  /** Candidates that have posted an encryption key and are not removed: its members, if it opened now. */
  readonly posted: readonly number[];
  /** Candidates that have posted none and are not removed. */
  readonly missing: readonly number[];
  /** Members, or candidates, that were removed since. */
  readonly removed: readonly number[];
  /** Members, or candidates, that take no part in it any more: removed, or with an account there that was revoked as stolen. */
  readonly absent: readonly number[];
};

/** An epoch, the newest that was proposed unless one is named. Undefined where none is. Throws INVALID_VALUE, CHAIN_UNAVAILABLE. */
export const readEpoch = async (
  { calls, provider, contracts: { keeperRegistry } }: Chain,
  wanted?: number,
  signal?: AbortSignal,
): Promise<EpochInfo | undefined> => {
  if (wanted !== undefined) wholeNumber("epoch", wanted, [1, 2 ** 32 - 1]);
  const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Reading the epoch", call, signal);
  const at = { blockTag: await read(() => provider.getBlockNumber()) };
  const epoch = wanted ?? Number(await read(() => keeperRegistry.lastEpoch(at)));
  if (epoch === 0) return undefined;
  const [status, opensAt, candidateBits, memberBits, removedBits] = await Promise.all([
    read(() => keeperRegistry.statusOf(epoch, at)),
    read(() => keeperRegistry.opensAt(epoch, at)),
    read(() => keeperRegistry.candidatesOf(epoch, at)),
    read(() => keeperRegistry.membersOf(epoch, at)),
    read(() => keeperRegistry.removedKeepers(at)),
  ]);
  const name = nameOfState(EPOCH_STATUSES, status);
  if (name === "Unknown") return undefined;
  const [candidates, members, removed] = [slotsOf(candidateBits), slotsOf(memberBits), new Set(slotsOf(removedBits))];
  const absent = slotsOf(await read(() => keeperRegistry.absentIn(epoch, members.length > 0 ? memberBits : candidateBits, at)));
  const staying = candidates.filter((slot) => !removed.has(slot));
  const keys = await Promise.all(staying.map((slot) => read(() => keeperRegistry.epochKeyOf(epoch, slot, at))));
  const hasPosted = (index: number): boolean => keys[index]?.x !== 0n;
  return {
    epoch,
    status: name,
    opensAt: Number(opensAt),
    candidates,
    members,
    posted: staying.filter((_, index) => hasPosted(index)),
    missing: staying.filter((_, index) => !hasPosted(index)),
    absent,
    removed: (members.length > 0 ? members : candidates).filter((slot) => removed.has(slot)),
  };
};
