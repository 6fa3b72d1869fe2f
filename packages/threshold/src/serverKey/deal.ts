import { type DealingInput, dealFreshly } from "../dkg/deal.ts";
import { assertMembers } from "../dkg/member.ts";
import { type RandomSource, secureRandom } from "../random.ts";
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
