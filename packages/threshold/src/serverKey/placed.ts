import { backend } from "../backend.ts";
import type { Dealing } from "../dkg/dealing.ts";
import { ThresholdError } from "../errors.ts";
import type { Point } from "../point.ts";
import { assertNonZeroScalar, reduceScalar } from "../scalar.ts";
import { SecretScalar } from "../secret.ts";
import type { Placed } from "./assembleRedealt.ts";
import { weightsAtZero } from "./weights.ts";

/** What stands at 0 of the polynomial through these points. Public. Throws as `weightsAtZero`. */
export function pointAtZero(shares: readonly Placed<{ readonly point: Point }>[]): Point {
  return backend.msmVar(
    shares.map(({ point }) => point),
    weightsAtZero(shares.map(({ place }) => place)),
  );
}

/**
 * Commitments of the polynomial of which each recipient of these dealings holds a value: C'_k = sum w_i C_ik. Public. Throws INVALID_THRESHOLD unless all are
 * of one length, and as `weightsAtZero`. PROTOCOL section 8.6.
 */
export function commitmentsAtZero(dealt: readonly Placed<{ readonly dealing: Pick<Dealing, "commitments"> }>[]): Point[] {
  const width = dealt[0]?.dealing.commitments.length ?? 0;
  if (width === 0 || !dealt.every(({ dealing }) => dealing.commitments.length === width))
    throw new ThresholdError("INVALID_THRESHOLD", "Every dealing has t+1 commitments.", { details: { width } });
  const weights = weightsAtZero(dealt.map(({ place }) => place));
  const sums = Array.from({ length: width }, (_, k) =>
    backend.msmVar(
      dealt.map(({ dealing }) => dealing.commitments[k] as Point),
      weights,
    ),
  );
  return backend.normalize(sums);
}

/** One recipient's value of it: sum w_i g_i(j). Secret; the parts stay the caller's to erase. Throws as `weightsAtZero`, ERASED_SECRET. */
export function shareAtZero(parts: readonly Placed<{ readonly share: SecretScalar }>[]): SecretScalar {
  const weights = weightsAtZero(parts.map(({ place }) => place));
  return SecretScalar.from(parts.reduce((sum, { share }, i) => reduceScalar(sum + (weights[i] ?? 0n) * share.reveal()), 0n));
}

/** factor times a secret. `factor` is public and not 0. Throws INVALID_SCALAR, ERASED_SECRET. */
export function scaledSecret(secret: SecretScalar, factor: bigint): SecretScalar {
  assertNonZeroScalar(factor, "factor");
  return SecretScalar.from(reduceScalar(factor * secret.reveal()));
}
