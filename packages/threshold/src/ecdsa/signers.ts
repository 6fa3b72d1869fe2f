import { assertArray } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { assertDistinctSlots } from "../slot.ts";

/** Who signs together: exactly 2t+1 slots, ascending; t is the key's threshold, at least 1. Public. */
export type EcdsaSigners = { readonly slots: readonly number[]; readonly threshold: number };

/** N of a threshold. */
export const ecdsaSignersNeeded = (threshold: number): number => 2 * threshold + 1;

/**
 * Throws INVALID_THRESHOLD, INVALID_MEMBERS, INVALID_SLOT or DUPLICATE_SLOT unless these are exactly 2t+1 signers, by ascending slot. More would be no
 * safer: with 2t+2, two halves that were shown different digests give the key away (D70, PROTOCOL section 11.1). Fewer do not fix a value of degree 2t.
 */
export function assertEcdsaSigners({ slots, threshold }: EcdsaSigners): void {
  assertArray(slots, "signers");
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    throw new ThresholdError("INVALID_THRESHOLD", "t of an ECDSA key is at least 1.", { details: { threshold: String(threshold) } });
  assertDistinctSlots(slots);
  const isAscending = slots.every((slot, i) => i === 0 || slot > (slots[i - 1] as number));
  if (isAscending && slots.length === ecdsaSignersNeeded(threshold)) return;
  throw new ThresholdError(
    "INVALID_MEMBERS",
    `An ECDSA signature is made by exactly 2t+1 = ${ecdsaSignersNeeded(threshold)} signers, by ascending slot.`,
    {
      details: { signers: slots.length, threshold },
    },
  );
}
