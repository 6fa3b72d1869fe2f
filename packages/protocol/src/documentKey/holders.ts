import { lagrangeAtZero, ThresholdError } from "@keyquorum/threshold";

/**
 * The holders of one ask, as all of them are told: t+1 slots, ascending, each once. Another set is another ask: its coefficients are others. Public.
 * Throws ThresholdError INVALID_MEMBERS, INVALID_SLOT.
 */
export const assertHolders = (holders: readonly number[], threshold: number): void => {
  const areAscending = holders.every((slot, at) => at === 0 || slot > (holders[at - 1] ?? 0));
  if (areAscending && holders.length === threshold + 1) return;
  throw new ThresholdError("INVALID_MEMBERS", "An ask names exactly t+1 holders, by ascending slot, each once.", {
    details: { holders, threshold },
  });
};

/** The textbook coefficient of a holder at 0. Throws ThresholdError INVALID_SLOT, DUPLICATE_SLOT. */
export const coefficientOf = (holders: readonly number[], slot: number): bigint => lagrangeAtZero(holders, slot);
