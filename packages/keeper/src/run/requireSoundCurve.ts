import { backend, type RandomSource, selfTestBackend, ThresholdError } from "@keyquorum/threshold";
import { KeeperError } from "./errors.ts";

/**
 * Tests what this program multiplies points with, by known answers, edge cases and a random comparison. A wrong product of a secret is a
 * wrong share that convicts this keeper, or tells something of the secret. Throws KeeperError CURVE_BROKEN.
 */
export const requireSoundCurve = (random: RandomSource): void => {
  try {
    selfTestBackend(backend, random);
  } catch (cause) {
    if (!(cause instanceof ThresholdError)) throw cause;
    throw new KeeperError(
      "CURVE_BROKEN",
      "This machine or this installation computes wrongly on the curve: no share may be used here. Install the program again, or move to other hardware.",
      { ...cause.details },
      { cause },
    );
  }
};
