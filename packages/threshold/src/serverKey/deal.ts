import { type DealingInput, dealFreshly, dealPolynomial, drawKey } from "../dkg/deal.ts";
import { assertSid } from "../dkg/dealing.ts";
import { assertMembers, memberAt } from "../dkg/member.ts";
import { keyGenerationMessage } from "../dkg/transcript.ts";
import { type RandomSource, secureRandom } from "../random.ts";
import { constantOf } from "../reshare/deal.ts";
import type { SecretScalar } from "../secret.ts";
import { assertServerKeyThreshold } from "../slot.ts";

/**
 * Makes one dealing of a server key: the bytes of PROTOCOL section 3.3 under the threshold rule of section 8.1. Verified, opened and complained about
 * as those are. Throws INVALID_BYTES, INVALID_SLOT, INVALID_MEMBERS, INVALID_POINT, INVALID_THRESHOLD, INVALID_RANDOM.
 */
export function createServerKeyDealing(input: DealingInput, random: RandomSource = secureRandom): Uint8Array {
  assertMembers(input.members);
  assertServerKeyThreshold(input.threshold, input.members.length);
  return dealFreshly(input, random);
}

/**
 * The same with a constant that is given, for a key that exists: this member's part of it, secret. Throws INVALID_SCALAR where it is 0, INVALID_POINT where
 * its point has x >= n, and as `createServerKeyDealing`.
 */
export function createServerKeyDealingOf(
  { sid, dealer, threshold, members, constant }: DealingInput & { readonly constant: SecretScalar },
  random: RandomSource = secureRandom,
): Uint8Array {
  assertSid(sid);
  assertMembers(members);
  assertServerKeyThreshold(threshold, members.length);
  memberAt(members, dealer);
  const others = Array.from({ length: threshold }, () => drawKey(random));
  return dealPolynomial(
    { sid, dealer, coefficients: [constantOf(constant), ...others], recipients: members, messageOf: keyGenerationMessage },
    random,
  );
}
