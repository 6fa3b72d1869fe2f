import { KeyquorumError } from "./errorCodes.ts";

/** A keeper's slot: 1..255, never renumbered, never reused; the x-coordinate of its share. PROTOCOL section 6.1. */
export const MAX_SLOT = 255;

/** Reads a slot. Throws `INVALID_VALUE` for anything but an integer 1..255. */
export const parseSlot = (value: unknown): number => {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > MAX_SLOT)
    throw invalidSlots("a slot is an integer 1..255");
  return value;
};

/** The slots of a bitmap, ascending; bit = slot. Throws `INVALID_VALUE` when bit 0 or a bit above 255 is set. */
export const slotsOf = (bitmap: bigint): number[] => {
  if (typeof bitmap !== "bigint" || bitmap < 0n || bitmap >> 256n !== 0n || (bitmap & 1n) !== 0n)
    throw invalidSlots("a bitmap has bits 1..255 only");
  const slots: number[] = [];
  for (let slot = 1, rest = bitmap >> 1n; rest !== 0n; slot++, rest >>= 1n) {
    if ((rest & 1n) === 1n) slots.push(slot);
  }
  return slots;
};

/** The bitmap of slots. Throws `INVALID_VALUE` for a slot outside 1..255 or given twice. */
export const bitmapOf = (slots: readonly number[]): bigint => {
  let bitmap = 0n;
  for (const slot of slots) {
    const bit = 1n << BigInt(parseSlot(slot));
    if ((bitmap & bit) !== 0n) throw invalidSlots("a slot is given once");
    bitmap |= bit;
  }
  return bitmap;
};

const invalidSlots = (expected: string): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `These are not slots of keepers: ${expected}.`, { details: { expected } });
