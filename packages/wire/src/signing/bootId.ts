import { KeyquorumError } from "../errorCodes.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import type { Hash32 } from "../ids.ts";

/**
 * One life of a keeper, as its signed messages and GET /v1/keeper name it: 16 bytes of a counter that each start raises durably, and 16 random bytes.
 * Text as 32 bytes of hex compares as the lives follow each other. Public.
 */
export type BootId = Hash32 & { readonly role?: "boot" };

const HALF = 16;

/** @param id 16 bytes that were drawn when the life began */
export const bootIdOf = ({ count, id }: { readonly count: number; readonly id: Uint8Array }): BootId => {
  if (id.length !== HALF || !Number.isSafeInteger(count) || count < 0)
    throw new KeyquorumError("INVALID_VALUE", "A boot id is made of a count and 16 bytes.", { details: { what: "boot id" } });
  return `0x${count.toString(16).padStart(2 * HALF, "0")}${bytesToHex(id).slice(2)}` as BootId;
};

/** The counter in a boot id. */
export const bootCountOf = (boot: BootId): bigint => BigInt(boot.slice(0, 2 + 2 * HALF));

/** As a word of a preimage: 32 bytes. */
export const bootWord = (boot: BootId): Uint8Array => hexToBytes(boot, 32);

/**
 * Whether a life may speak for a slot where `newest` was seen of it: a later one, or that one itself. One with an equal count and other bytes is a copy of
 * the same keeper.
 */
export const isCurrentBoot = (boot: BootId, newest: BootId | undefined): boolean =>
  newest === undefined || boot === newest || bootCountOf(boot) > bootCountOf(newest);
