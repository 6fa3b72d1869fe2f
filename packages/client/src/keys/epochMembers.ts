import { plain } from "@keyquorum/bindings";
import { addressOfPoint, pointFromXY } from "@keyquorum/threshold";
import { type Address, bytesToHex, slotsOf } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { finalTagOf } from "../chain/finality.ts";

/** Who is in an epoch of the keeper set, for whoever checks what its members signed. By ascending slot. All public. */
export type EpochMembers = {
  /** With the account of the identity key that the epoch froze. */
  readonly members: readonly { readonly slot: number; readonly identity: Address }[];
  /** Slots of those that take part in nothing any more, by the head: removed, or with an account or identity key there that was revoked as stolen. */
  readonly absent: readonly number[];
  /** Whether it is the newest epoch that is open, at the head or in the newest final block. */
  readonly isCurrent: boolean;
};

/** As the chain has it now; no members where the epoch is not open. Throws CHAIN_UNAVAILABLE. */
export const readEpochMembers = async (chain: Chain, epoch: number, signal?: AbortSignal): Promise<EpochMembers> => {
  const { calls, contracts } = chain;
  const { keeperRegistry } = contracts;
  const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Reading the members of an epoch", call, signal);
  const [committee, bits, current] = await Promise.all([
    read(() => keeperRegistry.committeeOf(epoch)),
    read(() => keeperRegistry.membersOf(epoch)),
    currentEpochs(chain, signal),
  ]);
  const absent = slotsOf(await read(() => keeperRegistry.absentIn(epoch, bits)));
  return {
    members: plain(committee).map(({ slot, identityKey }) => ({
      slot: Number(slot),
      identity: bytesToHex(addressOfPoint(pointFromXY(identityKey.x, identityKey.y))) as Address, // 20 bytes in lower-case hex
    })),
    absent,
    isCurrent: current.includes(epoch),
  };
};

/** The newest open epochs: at the head, and in the newest final block. 0: none. Throws CHAIN_UNAVAILABLE. */
export const currentEpochs = async (chain: Chain, signal?: AbortSignal): Promise<readonly number[]> => {
  const { calls, contracts } = chain;
  const at = (blockTag: string | number | bigint) =>
    calls.read("Reading the newest epoch", () => contracts.keeperRegistry.currentEpoch({ blockTag }), signal).then(Number);
  const final = await finalTagOf(chain, signal);
  return Promise.all([at("latest"), ...(final === undefined || final === "latest" ? [] : [at(final)])]);
};
