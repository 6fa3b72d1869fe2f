import { type DealingToVerify, verifyPossessions } from "../dkg/deal.ts";
import { reshareMessage } from "../dkg/transcript.ts";
import type { Point } from "../point.ts";
import { type RandomSource, secureRandom } from "../random.ts";
import { dealShare, type ReshareDealingInput } from "../reshare/deal.ts";
import { assertServerKeyThreshold } from "../slot.ts";

/**
 * Deals a share of a server key to those who get the key: `createReshareDealing` under the threshold rule of server keys. `dealer` is a number that names who
 * deals within the session; at which place the share lies, says the session. PROTOCOL section 8.6.
 * Throws INVALID_SCALAR for a share of 0, INVALID_POINT where its point has x >= n (2^-127: others deal), INVALID_BYTES, INVALID_SLOT, INVALID_MEMBERS,
 * INVALID_THRESHOLD, INVALID_RANDOM, ERASED_SECRET.
 */
export function createServerKeyRedealing(input: ReshareDealingInput, random: RandomSource = secureRandom): Uint8Array {
  return dealShare(input, assertServerKeyThreshold, random);
}

/**
 * Checks both possessions, which bind the encrypted shares, too, and that what is dealt is the share whose point is `verifyingShare`. Where nobody knows that
 * point, it is undefined: then only the sum shows whether it was right. False for any wrong proof. PROTOCOL section 8.6.
 * Throws INVALID_BYTES, INVALID_SLOT, INVALID_POINT, INVALID_SCALAR for wrong types.
 */
export function verifyServerKeyRedealing({
  verifyingShare,
  ...dealt
}: DealingToVerify & { readonly verifyingShare: Point | undefined }): boolean {
  const [constant] = dealt.dealing.commitments;
  if (constant === undefined || (verifyingShare !== undefined && !constant.equals(verifyingShare))) return false;
  return verifyPossessions(dealt, reshareMessage);
}
