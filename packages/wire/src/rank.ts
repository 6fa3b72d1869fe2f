import { keccakWords } from "@keyquorum/threshold";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Hash32 } from "./ids.ts";

/**
 * The place of `slot` among `slots` for the work that `id` names: 0 acts first. The order is keccak(id, slot) ascending, so that it differs from
 * one piece of work to the next and everyone computes the same. PROTOCOL section 3.8, D-21.
 * Throws `INVALID_VALUE` when `slot` is not among `slots`.
 */
export const rankOf = (id: Hash32, slot: number, slots: readonly number[]): number => {
  if (!slots.includes(slot))
    throw new KeyquorumError("INVALID_VALUE", `Slot ${slot} is not among the slots to rank.`, { details: { slot } });
  const idBytes = hexToBytes(id, 32);
  const orderOf = (candidate: number): string => bytesToHex(keccakWords(idBytes, candidate));
  const own = orderOf(slot);
  return new Set(slots.filter((other) => orderOf(other) < own)).size;
};
