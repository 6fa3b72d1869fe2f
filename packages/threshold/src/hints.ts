import { ThresholdError } from "./errors.ts";
import { Fp } from "./noble.ts";
import type { Point } from "./point.ts";

/** (a.x - b.x)^-1 mod p, with which the chain adds two witnesses. Public. Throws DEGENERATE_PROOF when a witness is infinite or the x are equal. PROTOCOL section 1.4. */
export function inverseOfDifference(a: Point, b: Point): bigint {
  if (a.is0() || b.is0() || a.x === b.x)
    throw new ThresholdError("DEGENERATE_PROOF", "Two witnesses have equal x; this proof cannot be checked on chain. Make another.");
  return Fp.inv(Fp.sub(a.x, b.x));
}
