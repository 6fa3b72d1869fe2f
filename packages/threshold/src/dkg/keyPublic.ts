import { backend } from "../backend.ts";
import { assertBytes } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { merkleRoot, verifyingLeaf } from "../merkle.ts";
import type { Point } from "../point.ts";
import { evaluateCommitments } from "../polynomial.ts";
import { SecretScalar } from "../secret.ts";
import { assertMembers, type DkgMember, memberAt } from "./member.ts";
import { commitmentsHashOf } from "./transcript.ts";

/** The key of one epoch as everybody sees it. `verifyingShares` maps a slot to S_j. All public. */
export type KeyPublic = {
  readonly jointKey: Point;
  readonly commitments: Point[];
  readonly commitmentsHash: Uint8Array;
  readonly verifyingShares: Map<number, Point>;
  readonly verifyingRoot: Uint8Array;
};

/** `share` is s_j, secret; the rest is public. */
export type KeyShare = KeyPublic & { readonly share: SecretScalar };

/** Everything that follows from the commitments C_0 .. C_t of a key in one epoch; C_0 is the joint key. PROTOCOL section 3.6. Throws INVALID_MEMBERS, INVALID_BYTES, INVALID_INTEGER. */
export function keyPublicOf(input: {
  readonly keyId: Uint8Array;
  readonly epoch: number | bigint;
  readonly commitments: Point[];
  readonly members: readonly DkgMember[];
}): KeyPublic {
  const { keyId, epoch, commitments, members } = input;
  assertBytes(keyId, 32, "key id");
  assertMembers(members);
  const slots = members.map(({ slot }) => slot);
  const points = backend.normalize(slots.map((slot) => evaluateCommitments(commitments, slot)));
  const verifyingShares = new Map(slots.map((slot, i) => [slot, points[i] as Point]));
  const leaves = slots.map((slot, i) => verifyingLeaf({ keyId, epoch, slot, verifyingShare: points[i] as Point }));
  return {
    jointKey: commitments[0] as Point, // t+1 >= 2
    commitments,
    commitmentsHash: commitmentsHashOf(commitments),
    verifyingShares,
    verifyingRoot: merkleRoot(leaves),
  };
}

/** The key with one member's share of it, checked: s_j G is S_j. PROTOCOL sections 3.6 and 3.9. Throws SHARE_MISMATCH, INVALID_MEMBERS, INVALID_SLOT. */
export function keyShareOf({
  key,
  members,
  slot,
  share,
}: {
  readonly key: KeyPublic;
  readonly members: readonly DkgMember[];
  slot: number;
  share: bigint;
}): KeyShare {
  memberAt(members, slot);
  if (!backend.mulG(share).equals(key.verifyingShares.get(slot) as Point))
    throw new ThresholdError("SHARE_MISMATCH", "The share does not fit the commitments of its dealers; do not confirm this session.", {
      details: { slot },
    });
  return { ...key, share: SecretScalar.from(share) };
}
