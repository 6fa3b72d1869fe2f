import { CURVE_ORDER } from "@keyquorum/threshold";

/** Adds `change` to the encrypted share at a position (0-based among members): the contract cannot see it, its recipient can. */
export const shiftEncryptedShare =
  (threshold: number, position: number, change: bigint) =>
  (dealing: Uint8Array): Uint8Array => {
    const offset = 64 * (threshold + 1) + 64 + 32 * position;
    const before = BigInt(`0x${Array.from(dealing.subarray(offset, offset + 32), (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
    const after = (((before + change) % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;
    const changed = Uint8Array.from(dealing);
    const digits = after.toString(16).padStart(64, "0");
    for (let index = 0; index < 32; index += 1) changed[offset + index] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
    return changed;
  };
