import { EPOCH_STATUSES, type EpochStatus, nameOfState } from "@keyquorum/bindings";
import { slotsOf } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import { wholeNumber } from "../numbers.ts";
import type { CallOptions } from "../options.ts";

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

/**
 * Returns an epoch of the keeper set, as the head has it: the newest that was proposed unless one is named; undefined where none is.
 * Throws INVALID_VALUE, CHAIN_UNAVAILABLE.
 */
export const epoch = action(
  "epoch",
  async (client: Chain, wanted?: number, { signal }: CallOptions = {}): Promise<EpochInfo | undefined> => {
    const { calls, provider, contracts } = client;
    const { keeperRegistry } = contracts;
    if (wanted !== undefined) wholeNumber("epoch", wanted, [1, 2 ** 32 - 1]);
    const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Reading the epoch", call, signal);
    const at = { blockTag: await read(() => provider.getBlockNumber()) };
    const number = wanted ?? Number(await read(() => keeperRegistry.lastEpoch(at)));
    if (number === 0) return undefined;
    const [status, opensAt, candidateBits, memberBits, removedBits] = await Promise.all([
      read(() => keeperRegistry.statusOf(number, at)),
      read(() => keeperRegistry.opensAt(number, at)),
      read(() => keeperRegistry.candidatesOf(number, at)),
      read(() => keeperRegistry.membersOf(number, at)),
      read(() => keeperRegistry.removedKeepers(at)),
    ]);
    const name = nameOfState(EPOCH_STATUSES, status);
    if (name === "Unknown") return undefined;
    const [candidates, members, removed] = [slotsOf(candidateBits), slotsOf(memberBits), new Set(slotsOf(removedBits))];
    const absent = slotsOf(await read(() => keeperRegistry.absentIn(number, members.length > 0 ? memberBits : candidateBits, at)));
    const staying = candidates.filter((slot) => !removed.has(slot));
    const keys = await Promise.all(staying.map((slot) => read(() => keeperRegistry.epochKeyOf(number, slot, at))));
    const hasPosted = (index: number): boolean => keys[index]?.x !== 0n;
    return {
      epoch: number,
      status: name,
      opensAt: Number(opensAt),
      candidates,
      members,
      posted: staying.filter((_, index) => hasPosted(index)),
      missing: staying.filter((_, index) => !hasPosted(index)),
      absent,
      removed: (members.length > 0 ? members : candidates).filter((slot) => removed.has(slot)),
    };
  },
);
