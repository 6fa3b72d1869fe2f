import { ThresholdError } from "./errors.ts";

/** The highest slot. A slot is the x-coordinate of its keeper's share: uint8, never 0. PROTOCOL section 6.1, D5. */
export const MAX_SLOT = 255;

/** The most members one committee may have. PROTOCOL section 3.1. */
export const MAX_MEMBERS = 64;

/** Throws INVALID_SLOT unless `value` is an integer number (-0 is none). */
export function assertIntegerSlot(value: unknown, name = "slot"): asserts value is number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || Object.is(value, -0))
    throw new ThresholdError("INVALID_SLOT", `${name} must be an integer.`, { details: { name, got: String(value) } });
}

/** True iff an integer is in 1..255. */
export const isSlot = (value: number): boolean => value >= 1 && value <= MAX_SLOT;

/** Throws INVALID_SLOT unless `value` is an integer in 1..255. */
export function assertSlot(value: unknown, name = "slot"): asserts value is number {
  assertIntegerSlot(value, name);
  if (!isSlot(value)) throw new ThresholdError("INVALID_SLOT", `${name} must be in 1..${MAX_SLOT}.`, { details: { name, got: value } });
}

/** Throws INVALID_SLOT or DUPLICATE_SLOT unless all are slots and differ. */
export function assertDistinctSlots(slots: readonly unknown[]): asserts slots is readonly number[] {
  const seen = new Set<number>();
  for (const slot of slots) {
    assertSlot(slot);
    if (seen.has(slot)) throw new ThresholdError("DUPLICATE_SLOT", `Slot ${slot} occurs twice.`, { details: { slot } });
    seen.add(slot);
  }
}

/** Throws INVALID_THRESHOLD unless 1 <= t and 2t+1 <= members <= 64. PROTOCOL section 3.1, D1. */
export function assertThreshold(threshold: unknown, members: number): asserts threshold is number {
  const fits = typeof threshold === "number" && Number.isSafeInteger(threshold) && threshold >= 1 && 2 * threshold + 1 <= members;
  if (!fits || members > MAX_MEMBERS)
    throw new ThresholdError("INVALID_THRESHOLD", "t and the number of members must satisfy 1 <= t, 2t+1 <= members <= 64.", {
      details: { threshold: String(threshold), members },
    });
}

/** The fewest members that make a key among themselves. PROTOCOL section 8.1. */
export const MIN_SERVER_KEY_MEMBERS = 3;

/**
 * The rule for server keys, which no contract knows: throws INVALID_THRESHOLD unless 0 <= t, t+1 <= members and 3 <= members <= 64. With t = 0 every
 * member alone has the key. PROTOCOL section 8.1.
 */
export function assertServerKeyThreshold(threshold: unknown, members: number): asserts threshold is number {
  const fits = typeof threshold === "number" && Number.isSafeInteger(threshold) && threshold >= 0 && threshold + 1 <= members;
  if (!fits || members < MIN_SERVER_KEY_MEMBERS || members > MAX_MEMBERS)
    throw new ThresholdError("INVALID_THRESHOLD", "t and the number of members must satisfy 0 <= t, t+1 <= members, 3 <= members <= 64.", {
      details: { threshold: String(threshold), members },
    });
}
