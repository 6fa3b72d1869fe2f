import { backend } from "../backend.ts";
import { assertArray } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { lagrangeAt } from "../lagrange.ts";
import { assertPoint, type Point } from "../point.ts";
import { reduceScalar } from "../scalar.ts";
import { assertSecret, SecretScalar } from "../secret.ts";
import { assertDistinctSlots } from "../slot.ts";
import { assertNoHelper } from "./session.ts";

/** p_i of helper `slot`, opened and checked; secret. */
export type RepairPoint = { readonly slot: number; readonly value: SecretScalar };

/** `points` are of one session; `threshold` is t and `verifyingShare` S_m, both by the chain. */
export type ShareToRecover = {
  readonly lost: number;
  readonly threshold: number;
  readonly verifyingShare: Point;
  readonly points: readonly RepairPoint[];
};

/**
 * s_m: the polynomial through the first t+1 points, at m. PROTOCOL section 3.10. Throws TOO_FEW_SHARES {have, need}, SHARE_MISMATCH where
 * s_m G is not S_m (points of different sessions, or not checked), INVALID_SLOT, DUPLICATE_SLOT, INVALID_POINT, INVALID_SCALAR, ERASED_SECRET.
 */
export function recoverShare({ lost, threshold, verifyingShare, points }: ShareToRecover): SecretScalar {
  assertArray(points, "points");
  assertPoint(verifyingShare, "verifying share");
  const all = points.map(({ slot }) => slot);
  assertDistinctSlots(all);
  assertNoHelper(all, lost);
  const need = threshold + 1;
  if (!(points.length >= need && need >= 2))
    throw new ThresholdError("TOO_FEW_SHARES", `Only ${points.length} of ${need} needed contributions are valid; ask other keepers.`, {
      details: { have: points.length, need },
    });
  const used = points.slice(0, need);
  const slots = used.map(({ slot }) => slot);
  const share = used.reduce((sum, { slot, value }) => {
    assertSecret(value, "contribution");
    return reduceScalar(sum + lagrangeAt(slots, slot, lost) * value.reveal());
  }, 0n);
  if (!backend.mulG(share).equals(verifyingShare))
    throw new ThresholdError("SHARE_MISMATCH", "The contributions do not give the lost share; begin the repair again.", {
      details: { lost, helpers: slots },
    });
  return SecretScalar.from(share);
}
