import { slotsOf } from "@keyquorum/wire";
import type { TaskContext } from "./context.ts";
import { UsageError } from "./usageError.ts";

/** Reads a keeper's slot. Throws UsageError. */
export const parseSlot = (text: string | number): number => {
  const slot = Number(text);
  if (Number.isSafeInteger(slot) && slot >= 1 && slot <= 255) return slot;
  throw new UsageError("The slot is a number from 1 to 255: npx hardhat keyquorum keepers list");
};

/** Reads slots with commas between, in ascending order. Throws UsageError. */
export const parseSlots = (text: string): readonly number[] => {
  const slots = text.split(",").map((part) => parseSlot(part.trim()));
  return [...new Set(slots)].sort((a, b) => a - b);
};

/** Bit `slot` is set for each. */
export const bitmapOf = (slots: readonly number[]): bigint => slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);

/** The keepers as people know them. */
export type Names = {
  /** "3 (Clara)", or "3". */
  readonly of: (slot: number) => string;
  /** "1 (Ada), 3 (Clara)", or "none". */
  readonly list: (slots: readonly number[]) => string;
  /** The bare name; empty where it has none. */
  readonly bare: (slot: number) => string;
  /** Slots of the keepers that are not removed, ascending. */
  readonly staying: readonly number[];
};

/** Looks up what the keepers are called. */
export const readNames = async (context: TaskContext): Promise<Names> => {
  const { keeperRegistry } = await context.contracts();
  const [records, removed] = await Promise.all([keeperRegistry.keepers(), keeperRegistry.removedKeepers()]);
  const names = new Map(records.map(({ slot, name }) => [Number(slot), printable(name)]));
  const gone = new Set(slotsOf(removed));
  const of = (slot: number): string => (names.get(slot) ? `${slot} (${names.get(slot)})` : String(slot));
  return {
    of,
    list: (slots) => (slots.length === 0 ? "none" : slots.map(of).join(", ")),
    bare: (slot) => names.get(slot) ?? "",
    staying: [...names.keys()].filter((slot) => !gone.has(slot)).sort((a, b) => a - b),
  };
};

/** Records are their operators' words: nothing in them may steer a terminal. */
export const printable = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");

/** "1 keeper", "2 keepers". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
