import { backend } from "../backend.ts";
import { type KeyPublic, type KeyShare, keyPublicOf, keyShareOf } from "../dkg/keyPublic.ts";
import type { DkgMember } from "../dkg/member.ts";
import { type OpenedDealing, type QualifiedDealing, widthOf } from "../dkg/qualified.ts";
import { ThresholdError } from "../errors.ts";
import { combinePoints, lagrangeAtZero, lagrangeIntegers } from "../lagrange.ts";
import { assertPoint, type Point } from "../point.ts";
import { invertScalar, reduceScalar } from "../scalar.ts";
import { assertSecret } from "../secret.ts";

/** What everybody can compute of a reshare: `qual` is Q, the first t+1 old members that dealt rightly; `epoch` and `members` are the new ones. All public. */
export type ResharedPublicInput = {
  readonly keyId: Uint8Array;
  readonly epoch: number | bigint;
  /** S, which stays. */
  readonly jointKey: Point;
  readonly qual: readonly QualifiedDealing[];
  readonly members: readonly DkgMember[];
};

/** The same as a new member computes it: with the share that each dealer of Q gave to `slot`. */
export type ResharedShareInput = Omit<ResharedPublicInput, "qual"> & { readonly slot: number; readonly qual: readonly OpenedDealing[] };

/**
 * The key in its new epoch: C'_k = sum lambda_i C_ik with the Lagrange coefficients of Q at 0. PROTOCOL section 3.9.
 * Throws INVALID_JOINT_KEY where C'_0 is not S: these are not dealings of t+1 shares of this key. Also throws INVALID_THRESHOLD,
 * INVALID_MEMBERS, INVALID_POINT, INVALID_SLOT, DUPLICATE_SLOT, INVALID_BYTES, INVALID_INTEGER.
 */
export function assembleResharedPublic({ keyId, epoch, jointKey, qual, members }: ResharedPublicInput): KeyPublic {
  assertPoint(jointKey, "joint key");
  const commitments = interpolatedCommitments(qual);
  if (!jointKey.equals(commitments[0] as Point))
    throw new ThresholdError("INVALID_JOINT_KEY", "The dealings are not of t+1 shares of this key; do not confirm this session.", {
      details: { dealers: qual.map(({ dealer }) => dealer) },
    });
  return keyPublicOf({ keyId, epoch, commitments, members });
}

/** One sum with small integers per commitment, and one multiplication for their common denominator. Public, so variable time is safe. */
function interpolatedCommitments(qual: readonly QualifiedDealing[]): Point[] {
  const width = widthOf(qual);
  const { numerators, denominator } = lagrangeIntegers(qual.map(({ dealer }) => dealer));
  const scale = invertScalar(reduceScalar(denominator));
  const sums = Array.from({ length: width }, (_, k) => {
    const points = qual.map(({ dealing }) => dealing.commitments[k] as Point); // widthOf: all are as long
    return backend.mulVar(combinePoints(points, numerators), scale);
  });
  return backend.normalize(sums);
}

/**
 * This keeper's share in the new epoch, s'_j = sum lambda_i g_i(j), checked against the commitments, with everything public beside it.
 * PROTOCOL section 3.9. Throws SHARE_MISMATCH when s'_j G is not S'_j, INVALID_SCALAR, and what `assembleResharedPublic` throws.
 */
export function assembleResharedShare(input: ResharedShareInput): KeyShare {
  const { slot, qual, members } = input;
  const key = assembleResharedPublic(input);
  const dealers = qual.map(({ dealer }) => dealer);
  const share = qual.reduce((total, { dealer, share: given }) => {
    assertSecret(given, "share");
    return reduceScalar(total + lagrangeAtZero(dealers, dealer) * given.reveal());
  }, 0n);
  return keyShareOf({ key, members, slot, share });
}
