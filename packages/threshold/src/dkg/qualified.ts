import { assertArray } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint } from "../point.ts";
import type { SecretScalar } from "../secret.ts";
import { assertDistinctSlots } from "../slot.ts";
import type { Dealing } from "./dealing.ts";

/** One dealer of QUAL and what it put on the board. */
export type QualifiedDealing = { readonly dealer: number; readonly dealing: Dealing };

/** The same with the share that the dealer gave to one recipient: valid by `openShare`, secret. */
export type OpenedDealing = QualifiedDealing & { readonly share: SecretScalar };

/** t+1: how many commitments each of the dealings has. Throws INVALID_THRESHOLD, INVALID_POINT, INVALID_SLOT, DUPLICATE_SLOT unless the dealers differ and their dealings are of one shape. */
export function widthOf(qual: readonly QualifiedDealing[]): number {
  assertArray(qual, "qual");
  assertDistinctSlots(qual.map(({ dealer }) => dealer));
  const width = qual[0]?.dealing.commitments.length ?? 0;
  if (width < 2 || !qual.every(({ dealing }) => dealing.commitments.length === width))
    throw new ThresholdError("INVALID_THRESHOLD", "The dealings need t+1 commitments each, and t is at least 1.", {
      details: { dealers: qual.length, width },
    });
  for (const { dealing } of qual) for (const point of dealing.commitments) assertPoint(point, "commitment");
  return width;
}
