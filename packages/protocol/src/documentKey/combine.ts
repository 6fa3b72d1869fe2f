import { backend, isValidPoint, type Point } from "@keyquorum/threshold";
import { type ContributionFault, type MaskedContribution, maskedContributionFault, type RetrievalAsk } from "./contribution.ts";
import { assertHolders } from "./holders.ts";

/** A holder that is dropped, and why: what it gave, or that it gave nothing. */
export type HolderFault = { readonly slot: number; readonly reason: ContributionFault | "MISSING" };

export type CombinedContributions =
  /** D: with all masks it gives the document key, without one of them it says nothing. */
  | { readonly kind: "combined"; readonly decryptedSecret: Point }
  | { readonly kind: "faults"; readonly faults: readonly HolderFault[] }
  /** The sum is no point that can be told: to be asked again with fresh masks. */
  | { readonly kind: "degenerate" };

/** What was asked of all, and what is known of each holder. */
export type ContributionsToCombine = RetrievalAsk & {
  /** E, as the holders stored it with C. */
  readonly encryptedPoint: Point;
  readonly verifyingShares: ReadonlyMap<number, Point>;
  /** 32 bytes: of this ask and that holder. */
  readonly contextOf: (slot: number) => Uint8Array;
  /** By the slot that was asked. */
  readonly contributions: ReadonlyMap<number, MaskedContribution>;
};

/** D = E - sum of x_i C, once every contribution is proved; or all that is wrong, each with its holder. Throws ThresholdError INVALID_MEMBERS. */
export const combineContributions = (input: ContributionsToCombine): CombinedContributions => {
  assertHolders(input.holders, input.threshold);
  const faults = input.holders.flatMap((slot) => faultOf(input, slot));
  if (faults.length > 0) return { kind: "faults", faults };
  const points = [...input.contributions.values()].map(({ point }) => backend.neg(point));
  const decryptedSecret = points.reduce((sum, point) => backend.add(sum, point), input.encryptedPoint);
  return isValidPoint(decryptedSecret) ? { kind: "combined", decryptedSecret } : { kind: "degenerate" };
};

const faultOf = (input: ContributionsToCombine, slot: number): readonly HolderFault[] => {
  const [given, verifyingShare] = [input.contributions.get(slot), input.verifyingShares.get(slot)];
  if (given === undefined || verifyingShare === undefined) return [{ slot, reason: "MISSING" }];
  const reason = maskedContributionFault(input, { slot, verifyingShare, context: input.contextOf(slot) }, given);
  return reason === undefined ? [] : [{ slot, reason }];
};
