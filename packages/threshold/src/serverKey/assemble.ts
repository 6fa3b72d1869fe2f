import { backend } from "../backend.ts";
import { type KeyPublic, type KeyShare, keyPublicOf, keyShareOf } from "../dkg/keyPublic.ts";
import { assertMembers, type DkgMember } from "../dkg/member.ts";
import type { OpenedDealing, QualifiedDealing } from "../dkg/qualified.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint, isValidPoint, type Point } from "../point.ts";
import { reduceScalar } from "../scalar.ts";
import { assertSecret } from "../secret.ts";
import { assertServerKeyThreshold } from "../slot.ts";

/** What everybody can compute of a finished session. `sid` names the key in its verifying root. One dealing per member, by ascending slot. All public. */
export type ServerKeyInput = {
  readonly sid: Uint8Array;
  readonly epoch: number;
  readonly threshold: number;
  readonly members: readonly DkgMember[];
  readonly dealings: readonly QualifiedDealing[];
};

/**
 * Adds up the dealings of all members. PROTOCOL section 8.1. There is no shift: nobody knew another's dealing when it was committed to its own.
 * Throws INVALID_JOINT_KEY (the session fails), INVALID_MEMBERS, INVALID_THRESHOLD, INVALID_POINT, INVALID_BYTES.
 */
export function assembleServerKey({ sid, epoch, threshold, members, dealings }: ServerKeyInput): KeyPublic {
  assertMembers(members);
  assertServerKeyThreshold(threshold, members.length);
  if (dealings.length !== members.length || !members.every(({ slot }, i) => dealings[i]?.dealer === slot))
    throw new ThresholdError("INVALID_MEMBERS", "A server key needs the dealing of every member, in their order.");
  const width = threshold + 1;
  for (const { dealing } of dealings) {
    if (dealing.commitments.length !== width)
      throw new ThresholdError("INVALID_THRESHOLD", "Every dealing has t+1 commitments.", { details: { width } });
    for (const point of dealing.commitments) assertPoint(point, "commitment");
  }
  const sums = Array.from({ length: width }, (_, k) =>
    backend.evaluate(
      dealings.map(({ dealing }) => dealing.commitments[k] as Point),
      1,
    ),
  );
  const commitments = backend.normalize(sums);
  if (!isValidPoint(commitments[0] as Point))
    throw new ThresholdError("INVALID_JOINT_KEY", "The joint key is unusable; this session fails. Ask for the key again.");
  return keyPublicOf({ keyId: sid, epoch, commitments, members });
}

/**
 * One member's share, checked against the commitments, with everything public beside it. PROTOCOL section 8.1.
 * Throws SHARE_MISMATCH when s_j G is not S_j, and what `assembleServerKey` throws.
 */
export function assembleServerKeyShare(
  input: Omit<ServerKeyInput, "dealings"> & { readonly slot: number; readonly dealings: readonly OpenedDealing[] },
): KeyShare {
  const key = assembleServerKey(input);
  const share = input.dealings.reduce((total, { share: given }) => {
    assertSecret(given, "share");
    return reduceScalar(total + given.reveal());
  }, 0n);
  return keyShareOf({ key, members: input.members, slot: input.slot, share });
}
