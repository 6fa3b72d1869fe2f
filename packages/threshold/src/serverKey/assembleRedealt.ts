import { backend } from "../backend.ts";
import { type KeyPublic, type KeyShare, keyPublicOf, keyShareOf } from "../dkg/keyPublic.ts";
import { assertMembers, type DkgMember } from "../dkg/member.ts";
import type { OpenedDealing, QualifiedDealing } from "../dkg/qualified.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint, type Point } from "../point.ts";
import { reduceScalar } from "../scalar.ts";
import { assertSecret } from "../secret.ts";
import { assertServerKeyThreshold } from "../slot.ts";
import { weightsAtZero } from "./weights.ts";

/** At which place the share lies that was dealt: a scalar. Keyquorum's own lie at their slots. */
export type Placed<Dealt> = Dealt & { readonly place: bigint };

/**
 * What everybody can compute of a server key that was dealt again. `sid`, `epoch`, `threshold` and `members` are those of the session that dealt it;
 * `dealings`: of enough shares, one above their polynomial's degree, each verified by itself. All public.
 */
export type RedealtServerKeyInput = {
  readonly sid: Uint8Array;
  readonly epoch: number;
  readonly threshold: number;
  /** Y, which stays. */
  readonly jointKey: Point;
  readonly members: readonly DkgMember[];
  readonly dealings: readonly Placed<QualifiedDealing>[];
};

/**
 * C'_k = sum w_i C_ik with the weights of the dealings' places at 0. PROTOCOL section 8.6. Throws INVALID_JOINT_KEY where C'_0 is not Y: at least one of these
 * is no share of this key, or they are too few. Also throws INVALID_MEMBERS, INVALID_THRESHOLD, INVALID_POINT, INVALID_SCALAR, DUPLICATE_SLOT, INVALID_BYTES.
 */
export function assembleRedealtServerKey({ sid, epoch, threshold, jointKey, members, dealings }: RedealtServerKeyInput): KeyPublic {
  assertMembers(members);
  assertServerKeyThreshold(threshold, members.length);
  assertPoint(jointKey, "joint key");
  const width = threshold + 1;
  if (dealings.length === 0 || !dealings.every(({ dealing }) => dealing.commitments.length === width))
    throw new ThresholdError("INVALID_THRESHOLD", "Every dealing has t+1 commitments.", { details: { width, dealings: dealings.length } });
  for (const { dealing } of dealings) for (const point of dealing.commitments) assertPoint(point, "commitment");
  const weights = weightsAtZero(dealings.map(({ place }) => place));
  const sums = Array.from({ length: width }, (_, k) =>
    backend.msmVar(
      dealings.map(({ dealing }) => dealing.commitments[k] as Point),
      weights,
    ),
  );
  const commitments = backend.normalize(sums);
  if (!jointKey.equals(commitments[0] as Point))
    throw new ThresholdError("INVALID_JOINT_KEY", "The dealings are not of enough shares of this key; do not confirm this session.", {
      details: { dealers: dealings.map(({ dealer }) => dealer) },
    });
  return keyPublicOf({ keyId: sid, epoch, commitments, members });
}

/**
 * One member's share, s'_j = sum w_i f_i(j), checked against the commitments, with everything public beside it. PROTOCOL section 8.6.
 * Throws SHARE_MISMATCH when s'_j G is not S'_j, and what `assembleRedealtServerKey` throws.
 */
export function assembleRedealtServerKeyShare(
  input: Omit<RedealtServerKeyInput, "dealings"> & { readonly slot: number; readonly dealings: readonly Placed<OpenedDealing>[] },
): KeyShare {
  const key = assembleRedealtServerKey(input);
  const weights = weightsAtZero(input.dealings.map(({ place }) => place));
  const share = input.dealings.reduce((total, { share: given }, i) => {
    assertSecret(given, "share");
    return reduceScalar(total + (weights[i] as bigint) * given.reveal());
  }, 0n);
  return keyShareOf({ key, members: input.members, slot: input.slot, share });
}
